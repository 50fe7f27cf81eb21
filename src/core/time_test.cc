#include "core/time.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tillstream {
namespace {

constexpr std::int64_t kFirstMicros = -62'135'596'800'000'000;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kLastMicros = 253'402'300'799'999'999;   // 9999-12-31T23:59:59.999999Z

TEST(CivilDays, CountEveryDayOfTheRange) {
    constexpr int kMonthDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    std::int32_t expected = static_cast<std::int32_t>(kFirstMicros / 86'400'000'000);
    for (int year = 1; year <= 9999; ++year) {
        const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        for (int month = 1; month <= 12; ++month) {
            const int days = kMonthDays[month - 1] + (leap && month == 2 ? 1 : 0);
            for (int day = 1; day <= days; ++day) ASSERT_EQ(days_from_civil(year, month, day), expected++);
            ASSERT_TRUE(is_valid_date(year, month, days));
            ASSERT_FALSE(is_valid_date(year, month, days + 1));
        }
    }
    EXPECT_EQ(days_from_civil(1970, 1, 1), 0);
    EXPECT_FALSE(is_valid_date(0, 1, 1));
    EXPECT_FALSE(is_valid_date(10000, 1, 1));
    EXPECT_FALSE(is_valid_date(2010, 0, 1));
    EXPECT_FALSE(is_valid_date(2010, 13, 1));
    EXPECT_FALSE(is_valid_date(2010, 1, -255));
}

TEST(FormatTimestamp, WritesAFractionOnlyIfThereIsOne) {
    EXPECT_EQ(format_timestamp({0}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(format_timestamp(to_timestamp({2010, 12, 1, 8, 26, 0, 0})), "2010-12-01T08:26:00Z");
    EXPECT_EQ(format_timestamp({500'000}), "1970-01-01T00:00:00.5Z");
    EXPECT_EQ(format_timestamp({-1}), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(format_timestamp({kFirstMicros}), "0001-01-01T00:00:00Z");
    EXPECT_EQ(format_timestamp({kLastMicros}), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(format_date(14'944), "2010-12-01");
    EXPECT_EQ(format_date(-1), "1969-12-31");
}

TEST(ParseRfc3339, ReadsOffsetsAndFractions) {
    const Timestamp noon = to_timestamp({2010, 12, 1, 12, 0, 0, 0});
    EXPECT_EQ(parse_rfc3339("2010-12-01T12:00:00Z"), noon);
    EXPECT_EQ(parse_rfc3339("2010-12-01T13:30:00+01:30"), noon);
    EXPECT_EQ(parse_rfc3339("2010-11-30T22:00:00-14:00"), noon);
    EXPECT_EQ(parse_rfc3339("2010-12-01T12:00:00.25Z"), Timestamp{noon.micros + 250'000});
    EXPECT_EQ(parse_rfc3339("2010-12-01T12:00:00.000001Z"), Timestamp{noon.micros + 1});
    EXPECT_EQ(parse_rfc3339("2012-02-29T00:00:00Z"), to_timestamp({2012, 2, 29, 0, 0, 0, 0}));
}

TEST(ParseRfc3339, RefusesEverythingElse) {
    for (const char* text :
         {"", "2010-12-01", "2010-12-01T12:00:00", "2010-12-01 12:00:00Z", "2010-12-01T12:00Z",
          "2010-2-01T12:00:00Z", "2010-12-01T24:00:00Z", "2010-12-01T12:60:00Z", "2010-12-01T12:00:60Z",
          "2010-13-01T12:00:00Z", "2010-02-29T12:00:00Z", "0000-01-01T00:00:00Z", "2010-12-01T12:00:00.Z",
          "2010-12-01T12:00:00.1234567Z", "2010-12-01T12:00:00z", "2010-12-01T12:00:00ZZ",
          "2010-12-01T12:00:00+0100", "2010-12-01T12:00:00+24:00", "2010-12-01T12:00:00+01:60",
          "2010-12-01T12:00:00 +01:00", "+010-12-01T12:00:00Z", "20 0-12-01T12:00:00Z",
          "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"})
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
    EXPECT_EQ(parse_rfc3339(std::string_view("2010-12-01T12:00:00Z\0", 21)), std::nullopt);
}

TEST(ParseRfc3339, ReadsWhatFormatTimestampWrites) {
    const std::uint64_t seed = std::random_device{}();
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<std::int64_t> micros(kFirstMicros, kLastMicros);
    for (int i = 0; i < 100'000; ++i) {
        Timestamp at{micros(random)};
        if (random() % 2 == 0) at.micros -= at.micros % 1'000'000;
        const std::string text = format_timestamp(at);
        ASSERT_EQ(parse_rfc3339(text), at) << text << ", seed " << seed;
        ASSERT_EQ(to_timestamp(to_civil(at)), at) << text << ", seed " << seed;
    }
}

TEST(ParseRfc3339, AcceptsNoDamagedTextItCannotWriteBack) {
    const std::uint64_t seed = std::random_device{}();
    std::mt19937_64 random(seed);
    const std::string_view alphabet = "0123456789-:.TZ+ x\xff";
    for (int i = 0; i < 100'000; ++i) {
        std::string text = random() % 2 == 0 ? "2010-12-01T08:26:00.123456Z" : "2010-12-31T23:59:59-23:59";
        for (auto damage = random() % 4; damage > 0; --damage)
            text[random() % text.size()] = alphabet[random() % alphabet.size()];
        if (random() % 4 == 0) text.resize(random() % (text.size() + 1));
        const auto at = parse_rfc3339(text);
        if (!at) continue;
        ASSERT_EQ(parse_rfc3339(format_timestamp(*at)), at) << text << ", seed " << seed;
    }
}

}  // namespace
}  // namespace tillstream
