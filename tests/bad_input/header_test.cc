// Headers that are wrong: keys, types, encodings, what is there twice, and heads that are no HTTP.
#include <gtest/gtest.h>

#include "tests/bad_input/case_tables.h"

namespace tillstream::bad_input {
namespace {

const std::string kGood =
    "{\"InvoiceNo\":\"1\",\"StockCode\":\"2\",\"Quantity\":1,\"InvoiceDate\":\"2011-05-01\","
    "\"UnitPrice\":1}";

RequestCase bad_header(std::string name, Headers headers, std::vector<Wrong> wrong, std::string detail) {
    return {.name = std::move(name),
            .headers = std::move(headers),
            .body = kGood,
            .wrong = std::move(wrong),
            .detail = std::move(detail)};
}

RequestCase bad_key(std::size_t size) {
    return bad_header("a key of " + std::to_string(size) + " bytes",
                      {{"Idempotency-Key", std::string(size, 'k')}},
                      {{"", "size", "1 to 255 bytes of Idempotency-Key", std::to_string(size) + " bytes"}},
                      "an Idempotency-Key has 1 to 255 bytes");
}

RequestCase twice(const std::string& header, const std::string& first, const std::string& second) {
    return bad_header(header + " '" + first + "' and '" + second + "'", {{header, first}, {header, second}},
                      {{"", "duplicate_field", "'" + header + "' once", "2 times"}},
                      "the header " + header + " is there more than once");
}

RequestCase unsupported(const std::string& header, std::string value, std::string expected) {
    return {.name = header + " " + value,
            .headers = {{header, value}},
            .body = kGood,
            .status = 415,
            .problem = "unsupported-media-type",
            .wrong = {{"", "encoding", expected, value}},
            .detail = header + " " + value + " is not taken here; send " + expected};
}

RequestCase expectation(std::string value) {
    return {.name = "Expect: " + value,
            .headers = {{"Expect", std::move(value)}},
            .body = kGood,
            .status = 417,
            .problem = "expectation-failed",
            .detail = "the only expectation understood is 100-continue"};
}

const std::string kLine = "POST /v1/streams/sales/records HTTP/1.1\r\n";
const std::string kHost = "Host: till\r\nConnection: close\r\n";
const std::string kTwo = "Content-Length: 2\r\n";

}  // namespace

std::vector<RequestCase> header_cases() {
    const std::string types = "application/json, application/x-ndjson or text/csv";
    const std::string charsets = "charset utf-8, iso-8859-1 or utf-16";
    return {
        bad_key(0),
        bad_key(256),
        bad_key(9'000),
        twice("Idempotency-Key", "a", "b"),
        twice("Idempotency-Key", "a", "a"),
        twice("Content-Type", "application/json", "text/csv"),
        twice("Content-Encoding", "gzip", "zstd"),
        unsupported("Content-Type", "text/plain", types),
        unsupported("Content-Type", "application/json-seq", types),
        unsupported("Content-Type", "text/csv; charset=utf-32", charsets),
        unsupported("Content-Type", "application/x-ndjson; charset=utf-16", "charset utf-8"),
        unsupported("Content-Encoding", "deflate", "gzip or zstd"),
        unsupported("Content-Encoding", "gzip, gzip", "gzip or zstd"),
        expectation("tea"),
        expectation("200-ok"),
        expectation("100-continue, tea"),
    };
}

std::vector<HeadCase> head_cases() {
    const std::string drop = "X: y\r\n";
    const std::string no_http = "the head is no HTTP/1.1";
    return {
        {.name = "no Host",
         .parts = {kLine + "Connection: close\r\n" + kTwo + "\r\n{}"},
         .detail = "the header Host is missing"},
        {.name = "two Hosts",
         .parts = {kLine + kHost + "Host: b\r\n" + kTwo + "\r\n{}"},
         .detail = "the header Host is there more than once"},
        {.name = "Content-Length and Transfer-Encoding",
         .parts = {kLine + kHost + kTwo + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
         .detail = "Transfer-Encoding"},
        {.name = "two Content-Lengths",
         .parts = {kLine + kHost + kTwo + "Content-Length: 3\r\n\r\n{}"},
         .detail = "Content-Length"},
        {.name = "a Content-Length that is no number",
         .parts = {kLine + kHost + "Content-Length: two\r\n\r\n{}"},
         .detail = "Content-Length"},
        {.name = "an unknown Transfer-Encoding",
         .parts = {kLine + kHost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
         .detail = "the only Transfer-Encoding understood is chunked"},
        {.name = "a chunk size that is none",
         .parts = {kLine + kHost + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n"},
         .detail = "the chunked body is malformed"},
        {.name = "no HTTP", .parts = {"hello\r\n\r\n"}, .detail = no_http},
        {.name = "a header line without colon",
         .parts = {kLine + kHost + "nonsense\r\n\r\n"},
         .detail = no_http},
        {.name = "a key with a control character",
         .parts = {kLine + kHost + kTwo + "Idempotency-Key: a\x01z\r\n\r\n{}"},
         .detail = no_http},
        {.name = "a key with a NUL",
         .parts = {kLine + kHost + kTwo + std::string("Idempotency-Key: a\0z\r\n\r\n{}", 26)},
         .detail = no_http},
        {.name = "a key with a bare carriage return",
         .parts = {kLine + kHost + kTwo + "Idempotency-Key: a\rz\r\n\r\n{}"},
         .detail = "a carriage return stands without a line feed"},
        {.name = "a key over two lines",
         .parts = {kLine + kHost + kTwo + "Idempotency-Key: a\r\n z\r\n\r\n{}"},
         .detail = "a header is folded over several lines"},
        {.name = "a blank in a header's name",
         .parts = {kLine + kHost + kTwo + "Idempotency Key: a\r\n\r\n{}"},
         .detail = no_http},
        {.name = "a head that never ends",
         .parts = {kLine + kHost + "X: slow"},
         .status = 408,
         .problem = "too-slow",
         .detail = "the head did not arrive in time"},
        {.name = "a head in drops",
         .parts = {kLine, kHost, drop, drop, drop, drop, drop},
         .status = 408,
         .problem = "too-slow",
         .detail = "the head did not arrive in time"},
    };
}

namespace {

class BadHeaders : public ::testing::Test {
protected:
    static void SetUpTestSuite() { door_ = Door::open({"--http.head_timeout", "500ms"}); }
    static void TearDownTestSuite() {
        if (!door_) return;
        door_->expect_verified();
        EXPECT_EQ(door_->terminate(), 0);
        door_.reset();
    }
    void SetUp() override { ASSERT_TRUE(door_); }
    static inline std::unique_ptr<Door> door_;
};

TEST_F(BadHeaders, AreNamedAndNothingIsStored) {
    for (const RequestCase& one : header_cases()) expect_refused(*door_, one);
}

TEST_F(BadHeaders, ThatNoClientWouldSendAreAnsweredAndTheConnectionEnds) {
    for (const HeadCase& one : head_cases()) expect_refused(*door_, one);
    EXPECT_EQ(door_->get("/v1/streams/sales").status, 200) << "others are served";
}

/// What looks strange and is not: each is taken, and a key of any characters is a key.
TEST_F(BadHeaders, WhatIsAllowedIsTaken) {
    const std::vector<Headers> good = {
        {{"content-type", "APPLICATION/JSON"}},
        {{"Content-Type", "application/json;charset=\"UTF-8\""}},
        {{"Content-Type", ""}},
        {{"Content-Encoding", "identity"}},
        {{"Expect", "100-Continue"}},
        {{"Idempotency-Key", std::string(255, 'k')}},
        {{"Idempotency-Key", "caf\xC3\xA9 \xFF\t\"'{}"}},
        {{"X-Unknown", "a"}, {"X-Unknown", "b"}},
    };
    for (const Headers& headers : good) {
        SCOPED_TRACE(headers[0].first + ": " + headers[0].second);
        const std::int64_t before = door_->stored();
        EXPECT_EQ(door_->send(Method::post, kRecords, headers, kGood).text("accepted"), "1");
        EXPECT_EQ(door_->stored(), before + 1);
    }
    const Answer again = door_->send(Method::post, kRecords, good[6], kGood);
    EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
}

}  // namespace
}  // namespace tillstream::bad_input
