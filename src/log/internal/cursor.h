// cursor.h - the log's resume tokens.
//
// Forms:  j1 names a place in the journal's order of groups. s1 names a place among sealed objects, whose
//         order within one pass is another: it keeps the place in the journal's order where the pass was
//         entered. Neither names a file, a pass or an object, so both stay valid when segments are recycled,
//         cuts are rebuilt or objects removed.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "log/internal/format.h"

namespace tillstream::journal {

/// Everything before group `next` and the first `batch` record batches of it are read.
struct Cursor {
    Lsn next{1};
    std::uint32_t batch = 0;
    friend auto operator<=>(const Cursor&, const Cursor&) = default;
};

/// Order of batches within a pass.
struct SealedKey {
    Timestamp hour;
    SourceId source;
    Offset offset;
    friend auto operator<=>(const SealedKey&, const SealedKey&) = default;
};

/// Everything before `at` is read, and of the groups from there to before `to` what comes before `key`.
struct ReadPlace {
    struct Sealed {
        Lsn to;
        SealedKey key;
        friend bool operator==(const Sealed&, const Sealed&) = default;
    };
    Cursor at;
    std::optional<Sealed> sealed;

    /// Whether a batch of group `lsn` was read by way of the sealed order.
    bool passed(Lsn lsn, const SealedKey& key) const {
        return sealed && lsn < sealed->to && key < sealed->key;
    }
    friend bool operator==(const ReadPlace&, const ReadPlace&) = default;
};

/// Start of the hour (UTC) that holds `at`.
Timestamp hour_of(Timestamp at);

std::string encode_cursor(const Cursor& cursor, const LogUuid& uuid);
std::string encode_place(const ReadPlace& place, const LogUuid& uuid);
/// The empty text is the beginning. invalid_argument for anything encode_place did not write; corruption for
/// a token of another log.
Result<ReadPlace> decode_place(std::string_view text, const LogUuid& uuid);

}  // namespace tillstream::journal
