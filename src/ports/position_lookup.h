// position_lookup.h - one source's entry of a position, and the compare-and-set of positions that every store
// keeps.
//
// Source:  ports/sink.h (rule of commit); engine-notes 6.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "ports/position.h"

namespace tillstream {

/// Nothing if the position has no entry for the source.
std::optional<Offset> next_in(const Position& position, SourceId source);

/// Null if there is none.
const SinkPosition* find_position(std::span<const SinkPosition> positions, SourceId source);

/// conflict, naming what differs, unless `stored` stands where `expected` says (0 = no entry yet) and no
/// stored epoch is larger than that of its successor in `positions`. `consumer` is for the message.
Status check_positions(std::string_view consumer, std::span<const SinkPosition> stored,
                       std::span<const SourceOffset> expected, std::span<const SinkPosition> positions);

}  // namespace tillstream
