// zone.h - IANA time zones: from what a clock on the wall shows to UTC and back.
//
// Source:     the system's tzdata. "UTC" needs none, so a machine without tzdata still runs.
// Gaps:       a local time that a clock skipped is read with the offset before the gap, so it moves forward
//             by the length of the gap (02:30 becomes 03:30). A local time that occurred twice is the first
//             of the two.
// Threads:    a Zone is immutable and cheap to copy. A ZoneCursor belongs to one thread.
// Lifecycle:  zones stay valid as long as the process.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"

namespace tillstream {

/// What a clock on the wall shows: microseconds since its 1970-01-01T00:00:00.
struct LocalTime {
    std::int64_t micros = 0;
    friend constexpr auto operator<=>(LocalTime, LocalTime) = default;
};

/// A time during which a zone's offset does not change.
struct OffsetSpan {
    Timestamp begin;                 ///< inclusive
    Timestamp end;                   ///< exclusive
    std::int64_t offset_micros = 0;  ///< local time minus UTC
};

class Zone {
public:
    /// UTC.
    Zone() = default;
    /// not_found if the system knows no zone of this name (names are case-sensitive, as IANA writes them).
    static Result<Zone> find(std::string_view name);
    /// Every name the system knows, sorted: for suggestions.
    static std::vector<std::string> names();

    const std::string& name() const { return name_; }
    OffsetSpan span_at(Timestamp at) const;
    Timestamp to_utc(LocalTime local) const;
    LocalTime to_local(Timestamp at) const;
    /// Days since 1970-01-01 of the local date.
    std::int32_t day_of(Timestamp at) const;

private:
    std::string name_ = "UTC";
    const void* rules_ = nullptr;  ///< null: UTC
};

/// A Zone that remembers the last span of one offset: for columns of times that lie near each other.
class ZoneCursor {
public:
    explicit ZoneCursor(Zone zone) : zone_(std::move(zone)) {}

    Timestamp to_utc(LocalTime local) {
        if (local < safe_begin_ || local >= safe_end_) [[unlikely]]
            return move_to(local);
        return {local.micros - offset_micros_};
    }

private:
    Timestamp move_to(LocalTime local);

    Zone zone_;
    LocalTime safe_begin_;  ///< from here to safe_end_ no gap or overlap is near
    LocalTime safe_end_;
    std::int64_t offset_micros_ = 0;
};

}  // namespace tillstream
