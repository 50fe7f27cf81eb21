#include "json/scanner.h"

#include <gtest/gtest.h>

#include <string>

#include "core/bytes.h"

namespace tillstream::json {
namespace {

struct Scanned {
    ScanOutcome error;
    std::vector<std::pair<std::string, std::string>> members;
    std::vector<Kind> kinds;
};

Scanned scan(std::string_view text, int depth = 32) {
    Buffer padded(text);
    Scanner scanner;
    std::vector<Field> fields;
    Scanned result;
    result.error = scanner.scan_object(padded.view(), {depth}, fields);
    if (result.error) return result;
    for (const Field& field : fields) {
        result.members.emplace_back(field.key, field.text);
        result.kinds.push_back(field.kind);
    }
    return result;
}

using Members = std::vector<std::pair<std::string, std::string>>;

TEST(JsonScanner, SlicesARetailRecord) {
    auto got =
        scan(R"({"InvoiceNo":536365,"StockCode":"84029E","Description":null,"Quantity":-6,)"
             R"("InvoiceDate":"12\/1\/2010 8:26","UnitPrice":3.39,"CustomerID":17850.0,"gift":false})");
    ASSERT_FALSE(got.error);
    EXPECT_EQ(got.members, (Members{{"InvoiceNo", "536365"},
                                    {"StockCode", "84029E"},
                                    {"Description", "null"},
                                    {"Quantity", "-6"},
                                    {"InvoiceDate", "12/1/2010 8:26"},
                                    {"UnitPrice", "3.39"},
                                    {"CustomerID", "17850.0"},
                                    {"gift", "false"}}));
    EXPECT_EQ(got.kinds, (std::vector{Kind::number, Kind::string, Kind::null, Kind::number, Kind::string,
                                      Kind::number, Kind::number, Kind::boolean}));
}

TEST(JsonScanner, DeliversNestedValuesWhole) {
    auto got = scan(R"({ "a" : { "x" : [ 1 , { } ] } , "b" : [ ] , "c" : "d" })");
    ASSERT_FALSE(got.error);
    EXPECT_EQ(got.members, (Members{{"a", R"({ "x" : [ 1 , { } ] })"}, {"b", "[ ]"}, {"c", "d"}}));
    EXPECT_EQ(got.kinds, (std::vector{Kind::object, Kind::array, Kind::string}));
}

TEST(JsonScanner, KeepsDoubledKeys) {
    EXPECT_EQ(scan(R"({"a":1,"a":2})").members, (Members{{"a", "1"}, {"a", "2"}}));
}

TEST(JsonScanner, UnescapesKeysAndValues) {
    auto got = scan(R"({"k\u0065y":"\"\\\/\b\f\n\r\t","\u00e9":"\u20AC \uD83D\uDE00","plain":"\u0000"})");
    ASSERT_FALSE(got.error);
    EXPECT_EQ(got.members, (Members{{"key", "\"\\/\b\f\n\r\t"},
                                    {"\xC3\xA9", "\xE2\x82\xAC \xF0\x9F\x98\x80"},
                                    {"plain", std::string(1, '\0')}}));
}

TEST(JsonScanner, SaysWhatLiesInScratch) {
    Buffer text(R"({"a":"plain","b\n":"x","c":"\n"})");
    Scanner scanner;
    std::vector<Field> fields;
    ASSERT_FALSE(scanner.scan_object(text.view(), {}, fields));
    EXPECT_FALSE(fields[0].in_scratch || fields[0].key_in_scratch);
    EXPECT_TRUE(fields[1].key_in_scratch && !fields[1].in_scratch);
    EXPECT_TRUE(fields[2].in_scratch && !fields[2].key_in_scratch);
    EXPECT_EQ(fields[0].text.data(), text.data() + 6) << "plain text points into the input";
}

TEST(JsonScanner, ChecksNumbersEverywhere) {
    for (std::string_view good : {"0", "-0", "1", "10", "-123", "0.5", "1.25", "1e5", "1E+5", "0e-1",
                                  "-1.5e10", "123456789012345678901234567890"}) {
        EXPECT_FALSE(scan("{\"a\":" + std::string(good) + "}").error) << good;
        EXPECT_FALSE(scan("{\"a\":[" + std::string(good) + " ]}").error) << good;
        EXPECT_EQ(scan("{\"a\": " + std::string(good) + " }").members[0].second, good);
    }
    for (std::string_view bad : {"01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "1a", "--1", "NaN",
                                 "Infinity", "1 2", "1\"x\"", "-01", "1.e5"}) {
        EXPECT_TRUE(scan("{\"a\":" + std::string(bad) + "}").error) << bad;
        EXPECT_TRUE(scan("{\"a\":[" + std::string(bad) + "]}").error) << bad;
    }
}

TEST(JsonScanner, RefusesMalformedText) {
    for (std::string_view bad : {"",
                                 " ",
                                 "{",
                                 "}",
                                 "{]",
                                 "{\"a\"}",
                                 "{\"a\":}",
                                 "{\"a\":1,}",
                                 "{,}",
                                 "{\"a\" 1}",
                                 "{a:1}",
                                 "{1:1}",
                                 "{\"a\":1 \"b\":2}",
                                 "{\"a\":1}{",
                                 "{\"a\":1} x",
                                 "{\"a\":1},",
                                 "{\"a\":tru}",
                                 "{\"a\":truex}",
                                 "{\"a\":nul}",
                                 "{\"a\":True}",
                                 "{\"a\":'x'}",
                                 "{\"a\":\"x}",
                                 "{\"a\":\"\\x\"}",
                                 "{\"a\":\"\\u12\"}",
                                 "{\"a\":\"\\u12G4\"}",
                                 "{\"a\":[1,]}",
                                 "{\"a\":[,1]}",
                                 "{\"a\":[1 2]}",
                                 "{\"a\":[1}",
                                 "{\"a\":{\"b\":1]}",
                                 "{\"a\":{\"b\" 1}}",
                                 "{\"a\":{\"b\":1,}}",
                                 "{\"a\":{,}}",
                                 "{\"a\":[\"\\q\"]}",
                                 "{\"a\":{1:2}}",
                                 "{\"a\":\"x\"y}",
                                 "{\"a\":\"x\" \"y\"}",
                                 "{\"a\":1/**/}",
                                 "{\"a\":\"\t\"}"}) {
        auto got = scan(bad);
        ASSERT_TRUE(got.error) << bad;
        EXPECT_EQ(got.error->failure, ScanFailure::syntax) << bad;
        EXPECT_LE(got.error->offset, bad.size()) << bad;
        EXPECT_NE(std::string_view(got.error->what), "") << bad;
    }
}

TEST(JsonScanner, TellsOtherValuesFromMalformedOnes) {
    for (std::string_view other : {"1", "\"x\"", "null", "true", "[]", "[{\"a\":1}]"}) {
        auto got = scan(other);
        ASSERT_TRUE(got.error);
        EXPECT_EQ(got.error->failure, ScanFailure::not_object) << other;
    }
    EXPECT_EQ(scan("[{\"a\":1}").error->failure, ScanFailure::syntax);
}

TEST(JsonScanner, FindsBadUtf8AndHalfSurrogates) {
    for (std::string_view bad : {"{\"a\":\"\xA3\"}", "{\"a\":\"\xED\xA0\x80\"}", "{\"a\xC3\":1}",
                                 "{\"a\":\"\xA3}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\ude00x\"}",
                                 "{\"a\":[\"\\ud800\\n\"]}", "{\"\\ud83d\\u0041\":1}"}) {
        auto got = scan(bad);
        ASSERT_TRUE(got.error) << bad;
        EXPECT_EQ(got.error->failure, ScanFailure::encoding) << bad;
    }
    EXPECT_EQ(scan("{\"a\":\"x\xC2\xA3\xA3\"}").error->offset, 9u);
    EXPECT_EQ(scan("{\"a\":\"" + std::string(9999, 'x') + "\xC2\xA3\xA3\"}").error->offset, 10007u);
}

std::string nested(int arrays) {
    return "{\"a\":" + std::string(arrays, '[') + std::string(arrays, ']') + "}";
}

TEST(JsonScanner, CountsDepthFromTheRecord) {
    EXPECT_FALSE(scan("{}", 1).error);
    EXPECT_FALSE(scan(nested(31), 32).error);
    auto got = scan(nested(32), 32);
    ASSERT_TRUE(got.error);
    EXPECT_EQ(got.error->failure, ScanFailure::depth);
    EXPECT_EQ(scan("{\"a\":[{\"b\":[1]}],\"c\":1}", 3).error->failure, ScanFailure::depth);
    EXPECT_FALSE(scan("{\"a\":[{\"b\":[1]}],\"c\":1}", 4).error);
}

TEST(JsonScanner, SurvivesAnyNesting) {
    for (int depth : {1000, 1023, 1024, 1025, 100000})
        EXPECT_EQ(scan(nested(depth)).error->failure, ScanFailure::depth);
    EXPECT_EQ(scan("{\"a\":" + std::string(100000, '[')).error->failure, ScanFailure::depth);
    EXPECT_EQ(
        scan("{\"a\":" + std::string(2000, '[') + "tru \"x\"]" + std::string(1999, ']') + "}").error->failure,
        ScanFailure::depth);
    EXPECT_EQ(scan("{\"a\":" + std::string(2000, '[') + std::string(2000, ']') + "]").error->failure,
              ScanFailure::syntax);
    EXPECT_EQ(scan("{\"a\":" + std::string(500, '[') + "}").error->failure, ScanFailure::syntax);
}

TEST(JsonScanner, ReadsLinesOfAWindow) {
    Buffer window("{\"a\":\"x\\n\"}\n{\"b\":tru}\n[]\n{\"c\":\"y\\t\"}");
    Scanner scanner;
    std::vector<Field> fields;
    ASSERT_TRUE(scanner.begin_lines(window.view()));
    ASSERT_FALSE(scanner.scan_line(window.view().substr(0, 11), {}, fields));
    EXPECT_EQ(fields[0].text, "x\n");
    auto bad = scanner.scan_line(window.view().substr(12, 9), {}, fields);
    ASSERT_TRUE(bad);
    EXPECT_EQ(bad->offset, 5u) << "offsets count from the line";
    ASSERT_FALSE(scanner.scan_line(window.view().substr(25), {}, fields)) << "lines may be left out";
    EXPECT_EQ(fields[0].text, "y\t");
}

TEST(JsonScanner, RefusesAWindowWithAnOpenQuote) {
    Scanner scanner;
    EXPECT_FALSE(scanner.begin_lines(Buffer("{\"a\":\"1}\n{\"a\":\"2}\n").view()));
    EXPECT_FALSE(scanner.begin_lines(Buffer("{\"a\":\"\xFF\"}\n").view()));
}

TEST(JsonScanner, ForgetsNothingFromTextToText) {
    Scanner scanner;
    std::vector<Field> fields;
    const std::string large = "{\"a\":\"" + std::string(6 << 20, 'x') + "\\n\"}";
    for (int round = 0; round < 3; ++round) {
        Buffer big(large);
        ASSERT_FALSE(scanner.scan_object(big.view(), {}, fields));
        EXPECT_EQ(fields[0].text.size(), (6u << 20) + 1);
        Buffer small("{\"b\":\"\\n\"}");
        ASSERT_FALSE(scanner.scan_object(small.view(), {}, fields));
        ASSERT_EQ(fields.size(), 1u);
        EXPECT_EQ(fields[0].text, "\n");
    }
}

TEST(JsonDocumentScanner, YieldsElementsUpToAFault) {
    Buffer text(R"([{"a":1}, 5 ,{"b":[{}]},{"c":x}])");
    DocumentScanner scanner;
    ASSERT_FALSE(scanner.open(text.view()));
    Element element;
    std::vector<Field> fields;
    ASSERT_TRUE(scanner.next({}, element, fields));
    EXPECT_EQ(element.raw, "{\"a\":1}");
    ASSERT_TRUE(scanner.next({}, element, fields));
    EXPECT_EQ(element.raw, "5");
    EXPECT_EQ(element.error->failure, ScanFailure::not_object);
    ASSERT_TRUE(scanner.next({2}, element, fields));
    EXPECT_EQ(element.error->failure, ScanFailure::depth);
    ASSERT_FALSE(scanner.next({}, element, fields));
    ASSERT_TRUE(scanner.error());
    EXPECT_EQ(scanner.error()->offset, 29u);
    EXPECT_FALSE(scanner.next({}, element, fields));
}

}  // namespace
}  // namespace tillstream::json
