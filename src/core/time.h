// time.h - points in time as UTC microseconds, days as days since 1970-01-01, and their RFC 3339 text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tillstream {

/// Microseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
    std::int64_t micros = 0;
    friend constexpr auto operator<=>(Timestamp, Timestamp) = default;
};

struct CivilTime {
    int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, micros = 0;
};

bool is_valid_date(int year, int month, int day);
std::int32_t days_from_civil(int year, int month, int day);
/// Expects a valid date; years 1..9999.
Timestamp to_timestamp(const CivilTime& civil);
CivilTime to_civil(Timestamp at);

/// 2010-12-01T08:26:00Z; a fraction of up to six digits only if it is not zero.
std::string format_timestamp(Timestamp at);
void append_timestamp(std::string& out, Timestamp at);
/// YYYY-MM-DD.
std::string format_date(std::int32_t days);
/// Reads exactly what format_timestamp writes, and any numeric offset.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace tillstream
