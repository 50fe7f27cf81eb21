#include "timezone/zone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tillstream {
namespace {

LocalTime local(CivilTime civil) { return {to_timestamp(civil).micros}; }

std::string utc_of(const char* zone, CivilTime civil) {
    auto found = Zone::find(zone);
    return found ? format_timestamp(found->to_utc(local(civil))) : found.error().message;
}

TEST(Zone, ConvertsLocalTimes) {
    EXPECT_EQ(utc_of("UTC", {2010, 12, 1, 8, 26}), "2010-12-01T08:26:00Z");
    EXPECT_EQ(utc_of("Europe/London", {2010, 12, 1, 8, 26}), "2010-12-01T08:26:00Z");
    EXPECT_EQ(utc_of("Europe/London", {2011, 7, 1, 8, 26}), "2011-07-01T07:26:00Z");
    EXPECT_EQ(utc_of("Asia/Kathmandu", {2011, 7, 1, 0, 0, 0, 5}), "2011-06-30T18:15:00.000005Z");
}

TEST(Zone, GapsMoveForwardAndOverlapsAreTheFirst) {
    EXPECT_EQ(utc_of("Europe/Berlin", {2024, 3, 31, 2, 30}), "2024-03-31T01:30:00Z");
    EXPECT_EQ(utc_of("Europe/Berlin", {2024, 3, 31, 3, 30}), "2024-03-31T01:30:00Z");
    EXPECT_EQ(utc_of("Europe/Berlin", {2024, 10, 27, 2, 30}), "2024-10-27T00:30:00Z");
}

TEST(Zone, UnknownNames) {
    auto found = Zone::find("Europe/Lundon");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::not_found);
    EXPECT_EQ(found.error().message, "unknown time zone 'Europe/Lundon'");
    EXPECT_FALSE(Zone::find(""));
    EXPECT_FALSE(Zone::find("../../etc/passwd"));
}

TEST(Zone, NamesAreSortedAndHoldTheUsual) {
    const auto names = Zone::names();
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), "UTC"));
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), "Europe/London"));
}

TEST(Zone, DayIsTheLocalDate) {
    const Timestamp late = to_timestamp({2024, 6, 30, 23, 30});
    EXPECT_EQ(format_date(Zone().day_of(late)), "2024-06-30");
    EXPECT_EQ(format_date(Zone::find("Europe/Berlin")->day_of(late)), "2024-07-01");
    EXPECT_EQ(format_date(Zone().day_of({-1})), "1969-12-31");
}

TEST(ZoneCursor, AgreesWithTheZoneWhereverItJumps) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    for (const char* name : {"UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Tokyo"}) {
        const Zone zone = *Zone::find(name);
        ZoneCursor cursor(zone);
        LocalTime at = local({1965});
        while (at < local({2040})) {
            ASSERT_EQ(cursor.to_utc(at).micros, zone.to_utc(at).micros) << name << " local " << at.micros;
            const auto most = random() % 8 == 0 ? 400'000'000'000'000LL : 4'000'000'000LL;
            at.micros += static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
            if (random() % 4 == 0) at.micros -= most / 2;
        }
    }
}

}  // namespace
}  // namespace tillstream
