#include "core/decimal.h"

#include <gtest/gtest.h>

#include <string>

namespace tillstream {
namespace {

struct Case {
    const char* text;
    DecimalFormat format;
    DecimalParse outcome;
    const char* value;  ///< as format_decimal writes it; unused unless ok
};

std::string read(std::string_view text, const DecimalFormat& format, DecimalParse& outcome) {
    Int128 value = -7;
    outcome = parse_decimal(text, format, value);
    if (outcome != DecimalParse::ok) {
        EXPECT_TRUE(value == -7) << "a refused text changed the value: " << text;
        return "";
    }
    return format_decimal(value, format.scale);
}

void check(const Case& c) {
    DecimalParse outcome;
    const std::string value = read(c.text, c.format, outcome);
    EXPECT_EQ(static_cast<int>(outcome), static_cast<int>(c.outcome)) << c.text;
    if (c.outcome == DecimalParse::ok) {
        EXPECT_EQ(value, c.value) << c.text;
    }
}

constexpr DecimalFormat kMoney{};
constexpr DecimalFormat kRounded{.precision = 18, .scale = 4, .round = true};
constexpr DecimalFormat kWide{.precision = 38, .scale = 4, .round = false};

TEST(ParseDecimal, ReadsSignDigitsPointAndExponent) {
    for (const Case& c : {
             Case{"2.55", kMoney, DecimalParse::ok, "2.55"},
             Case{"+5", kMoney, DecimalParse::ok, "5.00"},
             Case{"-0.0001", kMoney, DecimalParse::ok, "-0.0001"},
             Case{".5", kMoney, DecimalParse::ok, "0.50"},
             Case{"5.", kMoney, DecimalParse::ok, "5.00"},
             Case{"-0", kMoney, DecimalParse::ok, "0.00"},
             Case{"1e3", kMoney, DecimalParse::ok, "1000.00"},
             Case{"1.25E-2", kMoney, DecimalParse::ok, "0.0125"},
             Case{"12500e-6", kMoney, DecimalParse::ok, "0.0125"},
             Case{"0e999999999999999999999", kMoney, DecimalParse::ok, "0.00"},
             Case{"0000000000000000000000000000000000000000000002.5", kMoney, DecimalParse::ok, "2.50"},
             Case{"2.50000000000000000000000000000000000000000000000", kMoney, DecimalParse::ok, "2.50"},
         })
        check(c);
}

TEST(ParseDecimal, RefusesWhatIsNoNumber) {
    for (const char* text :
         {"",   "+",  "-",   ".",   "-.",   "e5",  "1e",  "1e+",   "1e1.5", "1,5", "1.2.3", "$5",
          "5 ", " 5", "NaN", "inf", "0x10", "--5", "+-5", "1e5e5", "six",   "5-",  "1_000", "\xc2\xa3 5"})
        check({text, kMoney, DecimalParse::type, ""});
    check({"1", kMoney, DecimalParse::ok, "1.00"});
    DecimalParse outcome;
    read(std::string_view("1\0", 2), kMoney, outcome);
    EXPECT_EQ(outcome, DecimalParse::type);
}

TEST(ParseDecimal, TakesSixteenOrSeventeenDigitsForAPrintedDouble) {
    for (const Case& c : {
             Case{"2.5499999999999998", kMoney, DecimalParse::ok, "2.55"},
             Case{"0.30000000000000004", kMoney, DecimalParse::ok, "0.30"},
             Case{"0.00099999999999999998", kMoney, DecimalParse::ok, "0.001"},
             Case{"2.5499999999999998e0", kMoney, DecimalParse::ok, "2.55"},
             Case{"-9.9999999999999996e-4", kMoney, DecimalParse::ok, "-0.001"},
             Case{"999999999999999.96", kWide, DecimalParse::ok, "1000000000000000.00"},
             Case{"100000000000000.5", kWide, DecimalParse::ok, "100000000000000.00"},  // half to even
             Case{"100000000000001.5", kWide, DecimalParse::ok, "100000000000002.00"},
             // 18 digits, or 15, are meant as written.
             Case{"12345678901234.5678", kMoney, DecimalParse::ok, "12345678901234.5678"},
             Case{"12345678901234.5600", kMoney, DecimalParse::ok, "12345678901234.56"},
             Case{"2.55000000000001", kMoney, DecimalParse::scale, ""},
         })
        check(c);
}

TEST(ParseDecimal, TellsScaleFromRange) {
    for (const Case& c : {
             Case{"1.00001", kMoney, DecimalParse::scale, ""},
             Case{"1e-5", kMoney, DecimalParse::scale, ""},
             Case{"1e-999999999999999999999999", kMoney, DecimalParse::scale, ""},
             Case{"1e999999999999999999999999", kMoney, DecimalParse::range, ""},
             Case{"99999999999999.9999", kMoney, DecimalParse::ok, "99999999999999.9999"},
             Case{"100000000000000", kMoney, DecimalParse::range, ""},
             Case{"1e14", kMoney, DecimalParse::range, ""},
             Case{"99999999999999.99999", kRounded, DecimalParse::range, ""},
             Case{"99999999999999.99989", kRounded, DecimalParse::ok, "99999999999999.9999"},
             Case{"1.00005", kRounded, DecimalParse::ok, "1.00"},
             Case{"1.00015", kRounded, DecimalParse::ok, "1.0002"},
             Case{"-1.00015", kRounded, DecimalParse::ok, "-1.0002"},
             Case{"1e-9", kRounded, DecimalParse::ok, "0.00"},
             Case{"1e-400", kRounded, DecimalParse::ok, "0.00"},
         })
        check(c);
}

TEST(ParseDecimal, SeesBeyondTheDigitsItKeepsWhenItRounds) {
    const std::string half = "1.00005" + std::string(40, '0');
    check({half.c_str(), kRounded, DecimalParse::ok, "1.00"});
    check({(half + "1").c_str(), kRounded, DecimalParse::ok, "1.0001"});
    const std::string exact = "1.0001" + std::string(40, '0');
    check({exact.c_str(), kMoney, DecimalParse::ok, "1.0001"});
    check({(exact + "1").c_str(), kMoney, DecimalParse::scale, ""});
}

TEST(FormatDecimal, KeepsAtLeastTwoDecimals) {
    EXPECT_EQ(format_decimal(25500, 4), "2.55");
    EXPECT_EQ(format_decimal(180000, 4), "18.00");
    EXPECT_EQ(format_decimal(1, 3), "0.001");
    EXPECT_EQ(format_decimal(0, 0), "0.00");
    EXPECT_EQ(format_decimal(7, 0), "7.00");
    EXPECT_EQ(format_decimal(-7, 1), "-0.70");
    EXPECT_EQ(format_decimal(decimal_limit(38), 38), "0." + std::string(38, '9'));
    EXPECT_EQ(format_decimal(-decimal_limit(38), 4), "-" + std::string(34, '9') + ".9999");
}

TEST(FormatInt128, WritesEveryDigit) {
    EXPECT_EQ(format_int128(0), "0");
    EXPECT_EQ(format_int128(-1), "-1");
    EXPECT_EQ(format_int128(pow10(19)), "1" + std::string(19, '0'));
    EXPECT_EQ(format_int128(pow10(38)), "1" + std::string(38, '0'));
    const auto largest = static_cast<Int128>(~UInt128{0} >> 1);
    EXPECT_EQ(format_int128(largest), "170141183460469231731687303715884105727");
    EXPECT_EQ(format_int128(-largest - 1), "-170141183460469231731687303715884105728");
}

}  // namespace
}  // namespace tillstream
