// Bodies as a whole: syntax, encodings, sizes, headers of CSV; and lines that are bad alone.
#include <gtest/gtest.h>

#include "codec/compression.h"
#include "tests/bad_input/case_tables.h"

namespace tillstream::bad_input {
namespace {

const std::string kGood = sale();
const std::string kWhole = "a body that splits into records";

std::string compressed(Encoding encoding, const std::string& body) {
    Buffer out;
    EXPECT_TRUE(deflate(encoding, body, out));
    return std::string(out.view());
}

std::string gzip(const std::string& body) { return compressed(Encoding::gzip, body); }
std::string zstd(const std::string& body) { return compressed(Encoding::zstd, body); }
std::string half_of_gzip(const std::string& body) { return gzip(body).substr(0, 20); }
std::string gzip_with_wrong_checksum(const std::string& body) {
    std::string bytes = gzip(body);
    bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] ^ 1);
    return bytes;
}
std::string half_of_zstd(const std::string& body) { return zstd(body).substr(0, 12); }

std::string utf16le(const std::string& ascii) {
    std::string out;
    for (const char c : ascii) (out += c) += '\0';
    return out;
}

IngestCase refused(std::string name, std::string content_type, std::string body, std::string code,
                   std::string found) {
    return {.name = std::move(name),
            .content_type = std::move(content_type),
            .content_encoding = "",
            .body = std::move(body),
            .status = 400,
            .problem = "bad-request",
            .wrong = {{"", std::move(code), kWhole, std::move(found)}}};
}

IngestCase not_decompressed(std::string name, std::string encoding, std::string found,
                            std::string (*packed)(const std::string&)) {
    IngestCase one = refused(std::move(name), kJson, kGood, "syntax", std::move(found));
    one.content_encoding = std::move(encoding);
    one.packed = packed;
    return one;
}

IngestCase unsupported(std::string name, std::string type, std::string encoding, std::string expected,
                       std::string found) {
    return {.name = std::move(name),
            .content_type = std::move(type),
            .content_encoding = std::move(encoding),
            .body = kGood,
            .status = 415,
            .problem = "unsupported-media-type",
            .wrong = {{"", "encoding", std::move(expected), std::move(found)}}};
}

IngestCase taken(std::string name, std::string type, std::string body, std::size_t accepted,
                 std::vector<BadRecord> bad) {
    return {.name = std::move(name),
            .content_type = std::move(type),
            .content_encoding = "",
            .body = std::move(body),
            .accepted = accepted,
            .bad = std::move(bad)};
}

}  // namespace

std::vector<IngestCase> malformed_cases() {
    const auto malformed = [](const std::string& byte, const std::string& expected,
                              const std::string& found) {
        return "malformed JSON at byte " + byte + ": expected " + expected + ", found " + found;
    };
    return {
        refused("an empty body", kJson, "", "syntax", "the body is empty"),
        refused("an empty body of lines", kNdjson, "", "syntax", "the body is empty"),
        refused("an empty body of rows", kCsv, "", "syntax", "the body is empty"),
        refused("blanks", kJson, "  ", "syntax", malformed("2", "a value", "the end")),
        refused("a byte order mark alone", kJson, "\xEF\xBB\xBF", "syntax",
                malformed("3", "a value", "the end")),
        refused("an array that ends early", kJson, "[{\"a\":1},", "syntax",
                malformed("9", "a value", "the end")),
        refused("an object that ends early", kJson, "{\"a\":", "syntax",
                malformed("5", "a value", "the end")),
        refused("something behind the object", kJson, "{} x", "syntax",
                malformed("3", "nothing after the object", "\"x\"")),
        refused("two objects", kJson, "{}{}", "syntax", malformed("2", "nothing after the object", "\"{}\"")),
        refused("a comma missing", kJson, "[{}{}]", "syntax",
                malformed("3", "a comma or a closing bracket", "\"{}]\"")),
        refused("a broken value inside an array", kJson, "[{\"a\":tru}]", "syntax",
                malformed("6", "a value", "\"tru}]\"")),
        refused("single quotes", kJson, "{'a':1}", "syntax", malformed("1", "a key in quotes", "\"'a':1}\"")),
        refused("a number that JSON does not know", kJson, "{\"a\":NaN}", "syntax",
                malformed("5", "a value", "\"NaN}\"")),
        refused("levels beyond any limit", kJson, std::string(5'000, '['), "depth",
                malformed("5000", "at most 1024 levels", "the end")),
        refused("a scalar", kJson, "5", "type", malformed("0", "object", "\"5\"")),
        refused("a raw control character", kJson, "{\"a\":\"\x01\"}", "syntax",
                malformed("6", "an escaped control character or a closing quote", "\"\x01\"}\"")),
        refused("bytes that are no UTF-8", kJson, "{\"a\":\"\xFF\"}", "encoding",
                malformed("6", "UTF-8", "\"?\"}\"")),
        taken("an empty array", kJson, "[]", 0, {}),
        taken("no Content-Type means JSON", "", kGood, 1, {}),
        taken("a byte order mark", kJson, "\xEF\xBB\xBF" + kGood, 1, {}),
    };
}

std::vector<IngestCase> content_cases() {
    const std::string types = "application/json, application/x-ndjson or text/csv";
    return {
        unsupported("an unknown type", "application/xml", "", types, "application/xml"),
        unsupported("no type at all", "json", "", types, "json"),
        unsupported("a type that is no UTF-8", "text/\xFF", "", types, "text/\xEF\xBF\xBD"),
        unsupported("JSON in another charset", "application/json; charset=iso-8859-1", "", "charset utf-8",
                    "application/json; charset=iso-8859-1"),
        unsupported("an unknown charset", "text/csv; charset=klingon", "",
                    "charset utf-8, iso-8859-1 or utf-16", "text/csv; charset=klingon"),
        unsupported("an unknown encoding", kJson, "br", "gzip or zstd", "br"),
        unsupported("two encodings", kJson, "gzip, zstd", "gzip or zstd", "gzip, zstd"),
        not_decompressed("no gzip", "gzip", "damaged gzip data: incorrect header check", nullptr),
        not_decompressed("no zstd", "zstd", "damaged zstd data: Unknown frame descriptor", nullptr),
        not_decompressed("half of a gzip body", "gzip", "compressed data ends in the middle", half_of_gzip),
        not_decompressed("half of a zstd body", "zstd", "compressed data ends in the middle", half_of_zstd),
        not_decompressed("a gzip body changed on its way", "gzip", "damaged gzip data: incorrect data check",
                         gzip_with_wrong_checksum),
        {.name = "nothing, compressed",
         .content_type = kJson,
         .content_encoding = "gzip",
         .body = "",
         .status = 400,
         .problem = "bad-request",
         .wrong = {{"", "syntax", kWhole, "the body is empty"}},
         .packed = gzip},
        {.name = "gzip that is good",
         .content_type = kJson,
         .content_encoding = "gzip",
         .body = kGood,
         .accepted = 1,
         .packed = gzip},
        {.name = "zstd that is good",
         .content_type = kJson,
         .content_encoding = "zstd",
         .body = kGood,
         .accepted = 1,
         .packed = zstd},
    };
}

std::vector<IngestCase> too_large_cases() {
    const auto too_large = [](std::string name, std::string encoding, std::size_t size,
                              std::string (*packed)(const std::string&), std::string detail) {
        return IngestCase{.name = std::move(name),
                          .content_type = kNdjson,
                          .content_encoding = std::move(encoding),
                          .body = kGood + std::string(size, '\n'),
                          .status = 413,
                          .problem = "body-too-large",
                          .detail = std::move(detail),
                          .packed = packed};
    };
    return {
        too_large("over the limit", "", 4 << 20, nullptr, "the body is larger than 4194304 bytes"),
        too_large("over the limit once it is decompressed", "gzip", 5 << 20, gzip,
                  "decompressed data is over "),
        too_large("a gzip bomb", "gzip", 40 << 20, gzip, "decompressed data is over "),
        too_large("a zstd bomb", "zstd", 40 << 20, zstd, "decompressed data is over "),
    };
}

std::vector<IngestCase> element_cases() {
    const auto nested = [](int levels) {
        return sale(",\"x\":" + std::string(static_cast<std::size_t>(levels), '[') +
                    std::string(static_cast<std::size_t>(levels), ']'));
    };
    std::string objects = "{}";
    for (int level = 0; level < 31; ++level) objects = "{\"a\":" + objects + "}";
    objects = sale(",\"x\":" + objects);
    const std::string large = sale(",\"x\":\"" + std::string(1 << 20, 'x') + "\"");
    const std::string half_pair = sale(",\"Description\":\"\\ud800\"");
    // "@" is eight bytes once it is named.
    const std::string too_many = std::to_string(large.size() + 7) + " bytes";
    return {
        taken("33 levels", kJson, "[" + kGood + "," + nested(32) + "]", 1,
              {{1, nested(32), {{"", "depth", "at most 32 levels", "[]" + std::string(31, ']') + "}"}}}}),
        taken("32 levels", kJson, "[" + nested(31) + "]", 1, {}),
        taken("33 levels on a line", kNdjson, nested(32) + "\n" + kGood, 1,
              {{0, nested(32), {{"", "depth", "at most 32 levels", "[]" + std::string(31, ']') + "}"}}}}),
        taken("33 levels of objects", kJson, "[" + kGood + "," + objects + "]", 1,
              {{1, objects, {{"", "depth", "at most 32 levels", "{}" + std::string(32, '}')}}}}),
        taken("a thousand levels", kJson, "[" + nested(1'000) + "," + kGood + "]", 1,
              {{0, nested(1'000), {{"", "depth", "at most 32 levels", "[]" + std::string(38, ']')}}}}),
        taken("thousands of levels", kJson, "[" + nested(5'000) + "," + kGood + "]", 1,
              {{0, raw_text(nested(5'000)), {{"", "depth", "at most 32 levels", std::string(40, '[')}}}}),
        taken("a record over 1 MiB", kJson, "[" + large + "," + kGood + "]", 1,
              {{0, large, {{"", "size", "at most 1048576 bytes", too_many}}}}),
        taken("a line over 1 MiB", kNdjson, kGood + "\n" + large + "\n" + kGood, 2,
              {{1, large, {{"", "size", "at most 1048576 bytes", too_many}}}}),
        taken("half a surrogate pair", kJson, "[" + half_pair + "," + kGood + "]", 1,
              {{0,
                raw_text(half_pair),
                {{"", "encoding", "both halves of a surrogate pair", "\"\\ud800\"}"}}}}),
        taken("a broken line", kNdjson, kGood + "\n{\"a\":1\n" + kGood + "\n", 2,
              {{1, "{\"_raw\":\"{\\\"a\\\":1\"}", {{"", "syntax", "a comma or a closing brace", ""}}}}),
        taken("a line that is no object", kNdjson, "[]\n" + kGood, 1,
              {{0, raw_text("[]"), {{"", "type", "object", "[]"}}}}),
        taken("a line that is no UTF-8", kNdjson, kGood + "\n{\"a\":\"\xFF\"}\n" + kGood, 2,
              {{1, "{\"_raw_base64\":\"eyJhIjoi/yJ9\"}", {{"", "encoding", "UTF-8", "?\"}"}}}}),
        taken("blank lines", kNdjson, "\n \n" + kGood + "\r\n\r\n", 1, {}),
    };
}

std::vector<IngestCase> csv_header_cases() {
    const std::string header = kHeader;
    const std::string twice = "the header names column 'invoice_no' twice, as 'InvoiceNo' and as '";
    return {
        refused("no known column", kCsv, "a,b\n1,2\n", "syntax",
                "no name of the header is a column of 'sales': found 'a', 'b'"),
        refused("a known column twice", kCsv, "InvoiceNo,InvoiceNo\n1,2\n", "syntax", twice + "InvoiceNo'"),
        refused("two aliases of one column", kCsv, "InvoiceNo,Invoice\n1,2\n", "syntax", twice + "Invoice'"),
        refused("a header that is no UTF-8", kCsv, "InvoiceNo,\xFF\n1,2\n", "encoding",
                "unreadable header line: expected valid text, found byte 0xFF at 10"),
        refused("a header with an open quote", kCsv, "\"InvoiceNo,StockCode\n1,2\n", "syntax",
                "unreadable header line: expected a closing quote, found \"InvoiceNo,StockCode"),
        taken("a header alone", kCsv, header, 0, {}),
        taken("an unknown column twice", kCsv,
              "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,x,x\n@,85123A,6,2010-12-01,2.55,1,2\n", 1,
              {}),
    };
}

std::vector<IngestCase> csv_row_cases() {
    const std::string header = kHeader;
    const std::string row = kRow;
    const std::vector<Wrong> three_missing = {{"/quantity", "required", "int64", ""},
                                              {"/invoice_date", "required", "timestamp", ""},
                                              {"/unit_price", "required", "decimal(18,4)", ""}};
    return {
        taken("a required column is not there", kCsv, "InvoiceNo,StockCode\n@,a\n@,b\n", 0,
              {{0, "{\"InvoiceNo\":\"@\",\"StockCode\":\"a\"}", three_missing},
               {1, "{\"InvoiceNo\":\"@\",\"StockCode\":\"b\"}", three_missing}}),
        taken("too few fields", kCsv, header + row + "@,85123A,6\n" + row, 2,
              {{1, "{\"_raw\":\"@,85123A,6\"}", {{"", "syntax", "5 fields", "3 fields"}}}}),
        taken("too many fields", kCsv, header + "1,2,3,4,5,6\n" + row, 1,
              {{0, "{\"_raw\":\"1,2,3,4,5,6\"}", {{"", "syntax", "5 fields", "6 fields"}}}}),
        taken("a quote that never closes", kCsv, header + row + "x,\"y,1\n" + row, 2,
              {{1, "{\"_raw\":\"x,\\\"y,1\"}", {{"", "syntax", "a closing quote", "\"y,1"}}}}),
        taken("a row that is no UTF-8", kCsv, header + row + "\xFF,a,1,2010-12-01,1\n" + row, 2,
              {{1,
                "{\"_raw_base64\":\"/yxhLDEsMjAxMC0xMi0wMSwx\"}",
                {{"", "encoding", "valid text", "byte 0xFF at 0"}}}}),
        taken(
            "bad values in a row", kCsv, header + row + "@,85123A,six,12/1/2010 8:26,\u00a32\n", 1,
            {{1,
              "{\"InvoiceNo\":\"@\",\"StockCode\":\"85123A\",\"Quantity\":\"six\","
              "\"InvoiceDate\":\"12/1/2010 8:26\",\"UnitPrice\":\"\u00a32\"}",
              {{"/Quantity", "type", "int64", "six"}, {"/UnitPrice", "type", "decimal(18,4)", "\u00a32"}}}}),
        taken("a byte order mark", kCsv, "\xEF\xBB\xBF" + header + row, 1, {}),
        taken("a pound sign in ISO-8859-1", "text/csv; charset=iso-8859-1",
              "Description," + header + "\xA3,@,85123A,6,12/1/2010 8:26,2.55\n", 1, {}),
        {.name = "a row in UTF-16",
         .content_type = "text/csv; charset=utf-16",
         .content_encoding = "",
         .body = header + row,
         .accepted = 1,
         .packed = utf16le},
    };
}

namespace {

class BadFiles : public ::testing::Test {
protected:
    static void SetUpTestSuite() { door_ = Door::open({"--ingest.body_bytes_max", "4MiB"}); }
    static void TearDownTestSuite() {
        if (!door_) return;
        EXPECT_EQ(door_->terminate(), 0);
        door_.reset();
    }
    void SetUp() override { ASSERT_TRUE(door_); }
    static inline std::unique_ptr<Door> door_;
};

TEST_F(BadFiles, ThatAreNoJsonStoreNothing) { run_cases(*door_, malformed_cases()); }
TEST_F(BadFiles, OfUnknownTypesAndEncodingsStoreNothing) { run_cases(*door_, content_cases()); }
TEST_F(BadFiles, ThatAreTooLargeStoreNothing) { run_cases(*door_, too_large_cases()); }
TEST_F(BadFiles, WithBadElementsKeepTheOthers) { run_cases(*door_, element_cases()); }
TEST_F(BadFiles, OfRowsAreRefusedForTheirHeaderOnly) { run_cases(*door_, csv_header_cases()); }
TEST_F(BadFiles, OfRowsKeepTheGoodRows) { run_cases(*door_, csv_row_cases()); }

}  // namespace
}  // namespace tillstream::bad_input
