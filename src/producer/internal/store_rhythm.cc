#include "producer/internal/store_rhythm.h"

#include <algorithm>
#include <cstdlib>

#include "core/decimal.h"

namespace tillstream::internal {

namespace {

constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::uint64_t kHourSeconds = 3'600;
constexpr std::uint32_t kThursday = 4;  ///< 1970-01-01; Sunday is 0
constexpr std::uint32_t kSaturday = 6;
constexpr std::array<std::uint32_t, 7> kDayPercent = {70, 95, 110, 100, 120, 105, 80};

std::uint32_t hour_weight(std::uint32_t store, std::uint32_t weekday, std::uint32_t hour) {
    const std::uint32_t opens = 7 + store % 3;
    const std::uint32_t closes = 18 + store % 4;
    const auto busiest = static_cast<int>(12 + store % 4);
    if (hour < opens || hour >= closes) return 0;
    const auto distance = static_cast<std::uint32_t>(std::abs(static_cast<int>(hour) - busiest));
    const std::uint32_t bustle = 4 + 2 * (distance < 8 ? 8 - distance : 0);
    return bustle * kDayPercent[(weekday + store) % 7];
}

}  // namespace

StoreRhythm::StoreRhythm(std::uint32_t store, std::int32_t first_day, std::uint64_t days)
    : first_second_(first_day * kDaySeconds), days_(days) {
    weigh(store, first_day, store % 5 != 4);
    if (weight_of(days_) == 0) weigh(store, first_day, false);
}

void StoreRhythm::weigh(std::uint32_t store, std::int32_t first_day, bool closes) {
    for (std::uint32_t i = 0; i < kHours; ++i) {
        const std::uint32_t weekday = (static_cast<std::uint32_t>(first_day) + i / 24 + kThursday) % 7;
        const bool closed = closes && weekday == (kSaturday + 3 * store) % 7;
        before_[i + 1] = before_[i] + (closed ? 0 : hour_weight(store, weekday, i % 24));
    }
}

std::uint64_t StoreRhythm::weight_of(std::uint64_t days) const {
    return days / 7 * before_[kHours] + before_[days % 7 * 24];
}

std::int64_t StoreRhythm::second_at(std::uint64_t part, std::uint64_t whole) const {
    // In seconds times weight, to tell the seconds of an hour apart.
    const UInt128 sold = UInt128{weight_of(days_)} * kHourSeconds * part / whole;
    const std::uint64_t week = before_[kHours] * kHourSeconds;
    const auto weeks = static_cast<std::int64_t>(sold / week);
    const auto rest = static_cast<std::uint64_t>(sold % week);
    const auto after = std::upper_bound(before_.begin(), before_.end(), rest / kHourSeconds);
    const auto hour = static_cast<std::size_t>(after - before_.begin()) - 1;
    const std::uint64_t weight = before_[hour + 1] - before_[hour];
    const std::uint64_t seconds = (rest - before_[hour] * kHourSeconds) / weight;
    return first_second_ + weeks * 7 * kDaySeconds + static_cast<std::int64_t>(hour * kHourSeconds + seconds);
}

}  // namespace tillstream::internal
