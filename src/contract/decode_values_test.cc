// One value of every form that producers send, into a column of every type.
#include <gtest/gtest.h>

#include <cinttypes>
#include <random>

#include "contract/decode_fixture.h"
#include "contract/internal/value_decoder.h"

namespace tillstream {
namespace {

struct Case {
    const char* type;
    const char* json;     ///< the value as it stands in the record
    const char* outcome;  ///< the cell's text, or "code: found"
};

/// A cell's text, "null", or "code: found" of the record's only error.
std::string outcome_of(const std::string& toml, const std::string& json) {
    const ContractPtr contract =
        contract_of("name = \"t\"\nzone = \"Europe/Berlin\"\n[[column]]\nname = \"c\"\n" + toml);
    const RowBatchPtr batch = decode_lines(contract, {"{\"c\":" + json + "}"});
    if (batch->accepted(0)) return cell_text(batch->column(0), 0);
    if (batch->rejections()[0].errors.size() != 1) return "not one error";
    const FieldError& error = batch->rejections()[0].errors[0];
    EXPECT_EQ(error.pointer, "/c");
    return std::string(to_string(error.code)) + ": " + error.found;
}

void check(const std::vector<Case>& cases) {
    for (const Case& one : cases)
        EXPECT_EQ(outcome_of("type = \"" + std::string(one.type) + "\"\n", one.json), one.outcome)
            << one.type << " from " << one.json;
}

TEST(DecodeValues, String) {
    check({
        {"string", R"("as sent ")", "as sent "},
        {"string", R"(" Mixed Case, with a tail of blanks   ")", " Mixed Case, with a tail of blanks   "},
        {"string", R"("a \"quoted\" \u00e9\/ and more of it")", "a \"quoted\" \xC3\xA9/ and more of it"},
        {"string", "536365", "536365"},
        {"string", "536365.0", "536365"},
        {"string", "5.36365e5", "536365"},
        {"string", "1e3", "1000"},
        {"string", "-0.0", "0"},
        {"string", "-12.00", "-12"},
        {"string", "1200e-2", "12"},
        {"string", "2.5", "2.5"},
        {"string", "1e-3", "1e-3"},
        {"string", "1e400", "1e400"},
        {"string", "12345678901234567890123456789012345678901234567890",
         "12345678901234567890123456789012345678901234567890"},
        {"string", "null", "null"},
        {"string", R"("")", "null"},
        {"string", "true", "type: true"},
        {"string", R"({"a":1})", R"(type: {"a":1})"},
        {"string", "[1]", "type: [1]"},
    });
}

TEST(DecodeValues, Int64) {
    check({
        {"int64", "6", "6"},
        {"int64", R"("6")", "6"},
        {"int64", R"("-80995")", "-80995"},
        {"int64", R"("+6")", "6"},
        {"int64", R"("007")", "7"},
        {"int64", "17850.0", "17850"},
        {"int64", R"("17850.000")", "17850"},
        {"int64", "1e3", "1000"},
        {"int64", "1.5e1", "15"},
        {"int64", "1500e-2", "15"},
        {"int64", "1234567890123456.0", "1234567890123456"},
        {"int64", "9223372036854775807", "9223372036854775807"},
        {"int64", "-9223372036854775808", "-9223372036854775808"},
        {"int64", "9223372036854775808", "range: 9223372036854775808"},
        {"int64", "-9223372036854775809", "range: -9223372036854775809"},
        {"int64", "99999999999999999999999", "range: 99999999999999999999999"},
        {"int64", "1e30", "range: 1e30"},
        {"int64", "1e999999999", "range: 1e999999999"},
        {"int64", "0e999999999", "0"},
        {"int64", "1.5", "type: 1.5"},
        {"int64", "1e-1", "type: 1e-1"},
        {"int64", R"("six")", "type: six"},
        {"int64", R"(" 6")", "type:  6"},
        {"int64", R"("6 ")", "type: 6 "},
        {"int64", R"("-")", "type: -"},
        {"int64", R"(".")", "type: ."},
        {"int64", R"("1e")", "type: 1e"},
        {"int64", R"("1,000")", "type: 1,000"},
        {"int64", "false", "type: false"},
        {"int64", "[]", "type: []"},
        {"int64", "null", "null"},
        {"int64", R"("")", "null"},
    });
}

TEST(DecodeValues, Decimal) {
    check({
        {"decimal(18,4)", "2.55", "2.55"},
        {"decimal(18,4)", R"("2.55")", "2.55"},
        {"decimal(18,4)", "18", "18.00"},
        {"decimal(18,4)", "-11062.06", "-11062.06"},
        {"decimal(18,4)", "0.001", "0.001"},
        {"decimal(18,4)", R"(".5")", "0.50"},
        {"decimal(18,4)", R"("5.")", "5.00"},
        {"decimal(18,4)", R"("+1.25")", "1.25"},
        {"decimal(18,4)", "2.5e-1", "0.25"},
        {"decimal(18,4)", "1E+3", "1000.00"},
        {"decimal(18,4)", "2.5499999999999998", "2.55"},
        {"decimal(18,4)", "2.550000000000000", "2.55"},
        {"decimal(18,4)", "99999999999999.9999", "99999999999999.9999"},
        {"decimal(18,4)", "100000000000000", "range: 100000000000000"},
        {"decimal(18,4)", "0.00001", "scale: 0.00001"},
        {"decimal(18,4)", "1.23456", "scale: 1.23456"},
        {"decimal(18,4)", R"("1,5")", "type: 1,5"},
        {"decimal(18,4)", R"("\u00a35.00")",
         "type: \xC2\xA3"
         "5.00"},
        {"decimal(18,4)", R"("NaN")", "type: NaN"},
        {"decimal(18,4)", R"("Infinity")", "type: Infinity"},
        {"decimal(18,4)", "true", "type: true"},
        {"decimal(38,0)", "99999999999999999999999999999999999999",
         "99999999999999999999999999999999999999.00"},
        {"decimal(38,0)", "100000000000000000000000000000000000000",
         "range: 100000000000000000000000000000000000000"},
        {"decimal(2,1)", "9.9", "9.90"},
        {"decimal(2,1)", "10", "range: 10"},
        {"decimal(18,4)", R"("")", "null"},
        {"decimal(18,4)", "null", "null"},
    });
    const auto rounded = [](const char* json) {
        return outcome_of("type = \"decimal(10,2)\"\nround = true\n", json);
    };
    EXPECT_EQ(rounded("1.005"), "1.00");
    EXPECT_EQ(rounded("1.015"), "1.02");
    EXPECT_EQ(rounded("-1.0151"), "-1.02");
    EXPECT_EQ(rounded("99999999.995"), "range: 99999999.995");
}

TEST(DecodeValues, DoubleAndBool) {
    check({
        {"double", "2.5", "2.5"},
        {"double", R"("+2.5e3")", "2500"},
        {"double", "1e400", "range: 1e400"},
        {"double", "1e-400", "0"},
        {"double", R"("nan")", "type: nan"},
        {"double", R"("0x10")", "type: 0x10"},
        {"double", "true", "type: true"},
        {"double", "null", "null"},
        {"bool", "true", "true"},
        {"bool", R"("False")", "false"},
        {"bool", "1", "true"},
        {"bool", R"("0")", "false"},
        {"bool", "2", "type: 2"},
        {"bool", R"("yes")", "type: yes"},
        {"bool", "[true]", "type: [true]"},
        {"bool", R"("")", "null"},
    });
}

TEST(DecodeValues, Timestamp) {
    check({
        {"timestamp", R"("12/1/2010 8:26")", "2010-12-01T07:26:00Z"},
        {"timestamp", R"("7/1/2011 08:26:05")", "2011-07-01T06:26:05Z"},
        {"timestamp", R"("1-12-2010 8:26")", "2010-12-01T07:26:00Z"},
        {"timestamp", R"("2010-12-01")", "2010-11-30T23:00:00Z"},
        {"timestamp", R"("2010-12-01 08:26")", "2010-12-01T07:26:00Z"},
        {"timestamp", R"("2010-12-01T08:26:00")", "2010-12-01T07:26:00Z"},
        {"timestamp", R"("2010-12-01T08:26:00.5Z")", "2010-12-01T08:26:00.5Z"},
        {"timestamp", R"("2010-12-01 08:26:00.123456 UTC")", "2010-12-01T08:26:00.123456Z"},
        {"timestamp", R"("2010-12-01T08:26:00+05:30")", "2010-12-01T02:56:00Z"},
        {"timestamp", R"("2010-12-01T08:26-00:30")", "2010-12-01T08:56:00Z"},
        {"timestamp", R"("2024-03-31 02:30")", "2024-03-31T01:30:00Z"},
        {"timestamp", R"("2024-10-27 02:30")", "2024-10-27T00:30:00Z"},
        {"timestamp", R"("2/29/2011 8:26")", "range: 2/29/2011 8:26"},
        {"timestamp", R"("13/1/2010 8:26")", "range: 13/1/2010 8:26"},
        {"timestamp", R"("12/1/2010 24:00")", "range: 12/1/2010 24:00"},
        {"timestamp", R"("2010-12-01T08:60")", "range: 2010-12-01T08:60"},
        {"timestamp", R"("2010-12-01T08:26:60Z")", "range: 2010-12-01T08:26:60Z"},
        {"timestamp", R"("2010-12-01T08:26:00+24:00")", "range: 2010-12-01T08:26:00+24:00"},
        {"timestamp", R"("0000-01-01")", "range: 0000-01-01"},
        {"timestamp", R"("9999-12-31T23:59:59-01:00")", "range: 9999-12-31T23:59:59-01:00"},
        {"timestamp", R"("yesterday")", "format: yesterday"},
        {"timestamp", R"("12/1/2010")", "format: 12/1/2010"},
        {"timestamp", R"("12/1/10 8:26")", "format: 12/1/10 8:26"},
        {"timestamp", R"("2010-12-1")", "format: 2010-12-1"},
        {"timestamp", R"("2010-12-01T8:26")", "format: 2010-12-01T8:26"},
        {"timestamp", R"("2010-12-01T08:26:00.1234567")", "format: 2010-12-01T08:26:00.1234567"},
        {"timestamp", R"("2010-12-01T08:26:00.")", "format: 2010-12-01T08:26:00."},
        {"timestamp", R"("2010-12-01T08:26:00 CET")", "format: 2010-12-01T08:26:00 CET"},
        {"timestamp", R"("2010-12-01Z")", "format: 2010-12-01Z"},
        {"timestamp", R"("12/1/2010 8:26 ")", "format: 12/1/2010 8:26 "},
        {"timestamp", R"("12/1-2010 8:26")", "format: 12/1-2010 8:26"},
        {"timestamp", R"(" 2010-12-01")", "format:  2010-12-01"},
        {"timestamp", "1291191960", "type: 1291191960"},
        {"timestamp", "true", "type: true"},
        {"timestamp", R"("")", "null"},
        {"timestamp", "null", "null"},
    });
}

TEST(DecodeValues, Date) {
    check({
        {"date", R"("2010-12-01")", "2010-12-01"},
        {"date", R"("12/1/2010")", "2010-12-01"},
        {"date", R"("1-12-2010")", "2010-12-01"},
        {"date", R"("2010-12-01T00:00:00")", "2010-12-01"},
        {"date", R"("2010-12-01 00:00:00 UTC")", "2010-12-01"},
        {"date", R"("2010-12-01T08:00:00")", "format: 2010-12-01T08:00:00"},
        {"date", R"("2010-02-30")", "range: 2010-02-30"},
        {"date", R"("1.12.2010")", "format: 1.12.2010"},
        {"date", "20101201", "type: 20101201"},
    });
}

TEST(DecodeValues, Json) {
    check({
        {"json", "{\"a\": [1,\n 2]}", "{\"a\": [1,  2]}"},
        {"json", "2.50", "2.50"},
        {"json", "true", "true"},
        {"json", R"("a \"b\" {")", R"("a \"b\" {")"},
        {"json", "null", "null"},
        {"json", R"("")", "null"},
    });
}

TEST(DecodeValues, RequiredCountsNullEmptyAndMissing) {
    const std::string toml = "type = \"int64\"\nrequired = true\n";
    EXPECT_EQ(outcome_of(toml, "null"), "required: null");
    EXPECT_EQ(outcome_of(toml, R"("")"), "required: ");
    EXPECT_EQ(outcome_of(toml, "1"), "1");
    EXPECT_EQ(outcome_of(toml, "1,\"d\":2"), "1");
    const ContractPtr contract = contract_of("name = \"t\"\n[[column]]\nname = \"c\"\n" + toml);
    EXPECT_EQ(errors_of(*decode_lines(contract, {"{}"}), 0), "required /c int64 ");
}

/// What is printed by any of the usual ways reads back as the same number.
TEST(DecodeValues, PrintedIntegersReadBack) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 20'000; ++i) {
        const auto value = static_cast<std::int64_t>(random()) >> (random() % 64);
        std::int64_t read = 0;
        const std::string plain = std::to_string(value);
        for (const std::string& text : {plain, plain + ".0", plain + ".", plain + "e0", plain + "00e-2"}) {
            ASSERT_EQ(decode::int64(text, read), decode::Outcome::ok) << text;
            ASSERT_EQ(read, value) << text;
        }
        std::string scratch;
        ASSERT_EQ(decode::number_digits(plain + ".0", scratch), plain);
    }
}

/// The short way for ordinary prices agrees with the parser of core.
TEST(DecodeValues, PricesAgreeWithTheExactParser) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    static constexpr std::string_view kAlphabet = "0123456789012345678900000.-+e";
    for (int i = 0; i < 50'000; ++i) {
        std::string text;
        for (std::size_t n = random() % 20; n > 0; --n) text += kAlphabet[random() % kAlphabet.size()];
        Column column;
        column.type = {ColumnType::decimal, 1 + static_cast<int>(random() % 38), 0};
        column.type.scale =
            static_cast<int>(random() % static_cast<std::uint64_t>(column.type.precision + 1));
        column.round = random() % 2 == 0;
        Int128 ours = 0, exact = 0;
        const decode::Outcome outcome = decode::decimal(text, column, ours);
        const DecimalParse parsed =
            parse_decimal(text, {column.type.precision, column.type.scale, column.round}, exact);
        ASSERT_EQ(outcome == decode::Outcome::ok, parsed == DecimalParse::ok)
            << text << " as " << column.type.name();
        ASSERT_TRUE(ours == exact) << text << " as " << column.type.name();
    }
}

}  // namespace
}  // namespace tillstream
