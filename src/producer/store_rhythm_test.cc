#include "producer/internal/store_rhythm.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/time.h"

namespace tillstream::internal {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::uint64_t kWhole = 20'000;

std::uint32_t weekday_of(std::int64_t second) { return static_cast<std::uint32_t>((second / kDay + 4) % 7); }

TEST(StoreRhythm, TimeNeverFallsAndFillsTheDays) {
    const std::int32_t first = days_from_civil(2010, 12, 1);
    for (std::uint32_t store = 0; store < 12; ++store) {
        const StoreRhythm rhythm(store, first, 30);
        std::int64_t before = 0;
        std::set<std::int64_t> days, weekdays;
        for (std::uint64_t part = 0; part < kWhole; ++part) {
            const std::int64_t at = rhythm.second_at(part, kWhole);
            EXPECT_GE(at, before);
            before = at;
            const std::int64_t hour = at % kDay / 3'600;
            EXPECT_TRUE(hour >= 7 && hour < 21) << hour;
            days.insert(at / kDay);
            weekdays.insert(weekday_of(at));
        }
        EXPECT_EQ(*days.begin(), first + (weekdays.contains(weekday_of(first * kDay)) ? 0 : 1));
        EXPECT_LT(*days.rbegin(), first + 30);
        EXPECT_EQ(weekdays.size(), store % 5 == 4 ? 7U : 6U);
    }
    EXPECT_NE(StoreRhythm(0, first, 30).second_at(5'000, kWhole),
              StoreRhythm(1, first, 30).second_at(5'000, kWhole));
}

TEST(StoreRhythm, SomeDaysAndHoursAreBusier) {
    const StoreRhythm rhythm(0, 0, 7 * 52);
    std::map<std::int64_t, int> of_weekday, of_hour;
    for (std::uint64_t part = 0; part < kWhole; ++part) {
        const std::int64_t at = rhythm.second_at(part, kWhole);
        ++of_weekday[weekday_of(at)];
        ++of_hour[at % kDay / 3'600];
    }
    EXPECT_EQ(of_weekday[6], 0) << "closed on Saturdays";
    EXPECT_GT(of_weekday[4], of_weekday[0] * 3 / 2) << "Thursday, Sunday";
    EXPECT_GT(of_hour[12], of_hour[7] * 3 / 2);
}

TEST(StoreRhythm, OpensWhereTheClosedDayIsAllThereIs) {
    const std::int32_t saturday = days_from_civil(2010, 12, 4);
    const StoreRhythm rhythm(0, saturday, 1);
    EXPECT_EQ(rhythm.second_at(0, 10) / kDay, saturday);
    EXPECT_EQ(rhythm.second_at(9, 10) / kDay, saturday);
}

TEST(StoreRhythm, GoesOnAtItsPaceBeyondItsDays) {
    const StoreRhythm rhythm(3, 100, 7);
    EXPECT_EQ(rhythm.second_at(25, 10), rhythm.second_at(5, 10) + 14 * kDay);
    const StoreRhythm century(3, 100, 36'525);
    const std::int64_t last = century.second_at(999'999'999, 1'000'000'000) / kDay;
    EXPECT_TRUE(last >= 100 + 36'523 && last < 100 + 36'525) << last;
}

}  // namespace
}  // namespace tillstream::internal
