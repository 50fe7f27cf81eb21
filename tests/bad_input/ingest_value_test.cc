// Values, keys and rules: the request is taken, the bad record alone goes to quarantine.
#include <gtest/gtest.h>

#include "tests/bad_input/case_tables.h"

namespace tillstream::bad_input {
namespace {

const std::string kGood = sale();

/// A JSON array of a good sale, the bad one, and a good one.
IngestCase one_bad(std::string name, const std::string& bad, std::vector<Wrong> wrong) {
    return {.name = std::move(name),
            .content_type = kJson,
            .content_encoding = "",
            .body = "[" + kGood + "," + bad + "," + kGood + "]",
            .accepted = 2,
            .bad = {{1, bad.starts_with('{') ? bad : raw_text(bad), std::move(wrong)}}};
}

/// The sale with `value` (JSON) as its `key`, which is shown as `found`.
IngestCase bad_value(const std::string& key, const std::string& value, const std::string& code,
                     const std::string& expected, const std::string& found) {
    return one_bad(key + " " + value, sale_with(key, value), {{"/" + key, code, expected, found}});
}

/// A sale with more members, all of it good.
IngestCase good(std::string name, const std::string& record) {
    return {.name = std::move(name),
            .content_type = kJson,
            .content_encoding = "",
            .body = record,
            .accepted = 1};
}

class BadValues : public ::testing::Test {
protected:
    static void SetUpTestSuite() { door_ = Door::open(); }
    static void TearDownTestSuite() {
        if (!door_) return;
        EXPECT_EQ(door_->terminate(), 0);
        door_.reset();
    }
    void SetUp() override { ASSERT_TRUE(door_); }
    static inline std::unique_ptr<Door> door_;
};

const std::string kInt = "int64";
const std::string kPrice = "decimal(18,4)";
const std::string kTime = "timestamp";
const std::string kForty(40, '9');

}  // namespace

std::vector<IngestCase> value_cases() {
    const std::string price_rule = "price_not_absurd: unit_price between -100000 and 100000";
    const std::string lines = "[" + kGood + ",\n {\"InvoiceNo\":\"@\",\n\t\"Quantity\":6}," + kGood + "]";
    return {
        // type, range and scale of numbers
        bad_value("Quantity", "1.5", "type", kInt, "1.5"),
        bad_value("Quantity", "\"six\"", "type", kInt, "six"),
        bad_value("Quantity", "\" 6\"", "type", kInt, " 6"),
        bad_value("Quantity", "\"1,000\"", "type", kInt, "1,000"),
        bad_value("Quantity", "true", "type", kInt, "true"),
        bad_value("Quantity", "[6]", "type", kInt, "[6]"),
        bad_value("Quantity", "9223372036854775808", "range", kInt, "9223372036854775808"),
        bad_value("Quantity", "-1e30", "range", kInt, "-1e30"),
        bad_value("UnitPrice", "\"2,55\"", "type", kPrice, "2,55"),
        bad_value("UnitPrice", "\"\u00a32.55\"", "type", kPrice, "\u00a32.55"),
        bad_value("UnitPrice", "\"$2.55\"", "type", kPrice, "$2.55"),
        bad_value("UnitPrice", "\"NaN\"", "type", kPrice, "NaN"),
        bad_value("UnitPrice", "\"Infinity\"", "type", kPrice, "Infinity"),
        bad_value("UnitPrice", "{\"amount\":2.55}", "type", kPrice, "{\"amount\":2.55}"),
        bad_value("UnitPrice", "2.55555", "scale", kPrice, "2.55555"),
        bad_value("UnitPrice", kForty, "range", kPrice, kForty),
        bad_value("UnitPrice", "1e14", "range", kPrice, "1e14"),
        // rules
        bad_value("UnitPrice", "100000.01", "rule", price_rule, "100000.01"),
        bad_value("UnitPrice", "-100001", "rule", price_rule, "-100001.00"),
        // times
        bad_value("InvoiceDate", "\"2/30/2011 8:26\"", "range", kTime, "2/30/2011 8:26"),
        bad_value("InvoiceDate", "\"2011-13-01\"", "range", kTime, "2011-13-01"),
        bad_value("InvoiceDate", "\"12/1/2010 25:00\"", "range", kTime, "12/1/2010 25:00"),
        bad_value("InvoiceDate", "\"yesterday\"", "format", kTime, "yesterday"),
        bad_value("InvoiceDate", "\"12/1/2010\"", "format", kTime, "12/1/2010"),
        bad_value("InvoiceDate", "40513.35", "type", kTime, "40513.35"),
        bad_value("InvoiceDate", "1291191960", "type", kTime, "1291191960"),
        // texts
        bad_value("StockCode", "true", "type", "string", "true"),
        bad_value("StockCode", "{\"a\":1}", "type", "string", "{\"a\":1}"),
        bad_value("StockCode", "[\"85123A\"]", "type", "string", "[\"85123A\"]"),
        // required
        bad_value("Quantity", "null", "required", kInt, "null"),
        bad_value("StockCode", "\"\"", "required", "string", ""),
        one_bad("required and missing", sale_with("StockCode", ""),
                {{"/stock_code", "required", "string", ""}}),
        one_bad("an object without members", "{}",
                {{"/invoice_no", "required", "string", ""},
                 {"/stock_code", "required", "string", ""},
                 {"/quantity", "required", kInt, ""},
                 {"/invoice_date", "required", kTime, ""},
                 {"/unit_price", "required", kPrice, ""}}),
        // keys
        one_bad("a key twice", sale(",\"Quantity\":7"),
                {{"/Quantity", "duplicate_field", "'quantity' once", "7"}}),
        one_bad("two aliases of one column", sale(",\"stock_code\":\"22423\""),
                {{"/stock_code", "duplicate_field", "'stock_code' once", "22423"}}),
        one_bad("an unknown key twice", sale(",\"till\":1,\"till\":2"),
                {{"/till", "duplicate_field", "'till' once", "2 times"}}),
        one_bad("an unknown key with a slash and a tilde, twice", sale(",\"a/b~\":1,\"a/b~\":2"),
                {{"/a~1b~0", "duplicate_field", "'a/b~' once", "2 times"}}),
        // event ids
        one_bad("an event id that is true", sale(",\"event_id\":true"),
                {{"/event_id", "type", "string or integer", "true"}}),
        one_bad("an event id with a fraction", sale(",\"event_id\":1.5"),
                {{"/event_id", "type", "string or integer", "1.5"}}),
        one_bad("an event id that is an object", sale(",\"event_id\":{}"),
                {{"/event_id", "type", "string or integer", "{}"}}),
        one_bad("an event id too long", sale(",\"event_id\":\"" + std::string(256, 'e') + "\""),
                {{"/event_id", "size", "at most 255 bytes", "256 bytes"}}),
        // all errors of a record
        one_bad("five errors at once",
                "{\"InvoiceNo\":[\"@\"],\"Quantity\":\"six\",\"InvoiceDate\":\"soon\","
                "\"UnitPrice\":\"free\"}",
                {{"/InvoiceNo", "type", "string", "[\"@\"]"},
                 {"/Quantity", "type", kInt, "six"},
                 {"/InvoiceDate", "format", kTime, "soon"},
                 {"/UnitPrice", "type", kPrice, "free"},
                 {"/stock_code", "required", "string", ""}}),
        // elements of an array that are no records
        one_bad("a number among records", "17", {{"", "type", "object", "17"}}),
        one_bad("a text among records", "\"x\"", {{"", "type", "object", "\"x\""}}),
        one_bad("null among records", "null", {{"", "type", "object", "null"}}),
        one_bad("an array among records", "[1]", {{"", "type", "object", "[1]"}}),
        {.name = "line breaks of a record become blanks",
         .content_type = kJson,
         .content_encoding = "",
         .body = lines,
         .accepted = 2,
         .bad = {{1,
                  "{\"InvoiceNo\":\"@\", \t\"Quantity\":6}",
                  {{"/stock_code", "required", "string", ""},
                   {"/invoice_date", "required", kTime, ""},
                   {"/unit_price", "required", kPrice, ""}}}}},
        // what looks bad and is not
        good("an unknown field is kept", sale(",\"till\":{\"n\":7}")),
        good("numbers in text columns", sale_with("StockCode", "85123.0")),
        good("a double as it was printed", sale_with("UnitPrice", "2.5499999999999998")),
        good("an integer with a fraction of zero", sale_with("Quantity", "\"6.0\"")),
        good("a quantity that only warns", sale_with("Quantity", "1000001")),
        good("an escaped NUL", sale(",\"Description\":\"a\\u0000b\"")),
        good("an event id that is null", sale(",\"event_id\":null")),
    };
}

namespace {

TEST_F(BadValues, EachIsNamedAndKeptAndHurtsNoNeighbour) { run_cases(*door_, value_cases()); }

TEST_F(BadValues, WhatIsTakenIsStoredAsItWasMeant) {
    const std::string record =
        "{\"InvoiceNo\":\"kept\",\"StockCode\":85123.0,\"Quantity\":\"6.0\","
        "\"InvoiceDate\":\"12/1/2010 8:26\",\"UnitPrice\":2.5499999999999998,\"till\":{\"n\":7}}";
    ASSERT_EQ(door_->post_records(record).text("accepted"), "1");
    door_->wait_for_sinks();
    EXPECT_EQ(door_->value("SELECT stock_code || ' ' || quantity || ' ' || unit_price || ' ' || extra "
                           "FROM shop.sales WHERE invoice_no = 'kept'"),
              "85123 6 2.5500 {\"till\":{\"n\":7}}");
}

}  // namespace
}  // namespace tillstream::bad_input
