#include "timezone/zone.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>

namespace tillstream {

namespace {

using std::chrono::microseconds;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

const date::time_zone& rules_of(const void* rules) { return *static_cast<const date::time_zone*>(rules); }

/// tzdata's first and last spans reach beyond what 64-bit microseconds hold.
std::int64_t saturated_micros(date::sys_seconds at) {
    constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max() / kMicrosPerSecond - 1;
    const std::int64_t seconds = at.time_since_epoch().count();
    if (seconds > kLimit) return std::numeric_limits<std::int64_t>::max();
    if (seconds < -kLimit) return std::numeric_limits<std::int64_t>::min();
    return seconds * kMicrosPerSecond;
}

std::int64_t floor_seconds(std::int64_t micros) {
    return micros / kMicrosPerSecond - (micros % kMicrosPerSecond < 0 ? 1 : 0);
}

bool is_utc(std::string_view name) { return name == "UTC" || name == "Etc/UTC"; }

}  // namespace

Result<Zone> Zone::find(std::string_view name) {
    Zone zone;
    zone.name_ = name;
    if (is_utc(name)) return zone;
    try {
        zone.rules_ = date::locate_zone(name);
        return zone;
    } catch (const std::exception&) {
        return failure(Errc::not_found, fmt::format("unknown time zone '{}'", name));
    }
}

std::vector<std::string> Zone::names() {
    std::vector<std::string> names = {"UTC"};
    try {
        for (const auto& zone : date::get_tzdb().zones)
            if (zone.name() != "UTC") names.push_back(zone.name());
    } catch (const std::exception&) {
        return names;  // no tzdata on this machine
    }
    std::sort(names.begin(), names.end());
    return names;
}

OffsetSpan Zone::span_at(Timestamp at) const {
    if (rules_ == nullptr)
        return {{std::numeric_limits<std::int64_t>::min()}, {std::numeric_limits<std::int64_t>::max()}, 0};
    const date::sys_seconds second{std::chrono::seconds(floor_seconds(at.micros))};
    const date::sys_info info = rules_of(rules_).get_info(second);
    return {{saturated_micros(info.begin)}, {saturated_micros(info.end)}, microseconds(info.offset).count()};
}

Timestamp Zone::to_utc(LocalTime local) const {
    if (rules_ == nullptr) return {local.micros};
    const date::local_seconds second{std::chrono::seconds(floor_seconds(local.micros))};
    const date::local_info info = rules_of(rules_).get_info(second);
    return {local.micros - microseconds(info.first.offset).count()};
}

LocalTime Zone::to_local(Timestamp at) const { return {at.micros + span_at(at).offset_micros}; }

std::int32_t Zone::day_of(Timestamp at) const {
    const std::int64_t micros = to_local(at).micros;
    return static_cast<std::int32_t>(micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0));
}

Timestamp ZoneCursor::move_to(LocalTime local) {
    // No offset ever jumped by more than a day, so two days from either end local times are unambiguous.
    constexpr std::int64_t kMargin = 2 * kMicrosPerDay;
    const Timestamp at = zone_.to_utc(local);
    const OffsetSpan span = zone_.span_at(at);
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
    safe_begin_.micros = span.begin.micros == kLeast ? kLeast : span.begin.micros + kMargin;
    safe_end_.micros = span.end.micros == kMost ? kMost : span.end.micros - kMargin;
    offset_micros_ = span.offset_micros;
    return at;
}

}  // namespace tillstream
