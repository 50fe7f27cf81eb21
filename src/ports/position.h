// position.h - how far somebody has come in each source, and the token that carries it through URLs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/result.h"

namespace tillstream {

/// Everything of `source` below `next` is covered.
struct SourceOffset {
    SourceId source;
    Offset next;
    friend bool operator==(const SourceOffset&, const SourceOffset&) = default;
};

/// What a request wrote: a reader that has reached every entry sees all of it (FACES `?after=`).
using Position = std::vector<SourceOffset>;

/// URL-safe, opaque to clients, versioned.
std::string encode_position(const Position& position);
/// invalid_argument for anything encode_position did not write.
Result<Position> decode_position(std::string_view token);

/// Where a sink will go on in a source. `cursor` is the log engine's own resume token (at most 256 bytes):
/// engines whose offsets have gaps or restart need more than `next`.
struct SinkPosition {
    SourceId source;
    Offset next;
    std::string cursor;
    Epoch epoch;
    friend bool operator==(const SinkPosition&, const SinkPosition&) = default;
};

}  // namespace tillstream
