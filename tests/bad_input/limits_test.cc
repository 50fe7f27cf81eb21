// Whatever is larger, deeper, longer or more often than allowed: named with the limit, and nothing of it is
// stored, or the record alone goes to quarantine.
#include <gtest/gtest.h>

#include "tests/bad_input/case_tables.h"

namespace tillstream::bad_input {
namespace {

const std::string kLine = "POST /v1/streams/sales/records HTTP/1.1\r\n";
const std::string kHost = "Host: till\r\nConnection: close\r\n";

RequestCase too_large(std::string name, Method method, std::string target, std::size_t size,
                      std::string detail) {
    return {.name = std::move(name),
            .method = method,
            .target = std::move(target),
            .body = std::string(size, ' '),
            .status = 413,
            .problem = "body-too-large",
            .detail = std::move(detail)};
}

RequestCase out_of_bounds(std::string name, Method method, std::string target, std::string body,
                          std::string detail) {
    return {.name = std::move(name),
            .method = method,
            .target = std::move(target),
            .body = std::move(body),
            .detail = std::move(detail)};
}

RequestCase over_quota(std::string name, const std::string& token, Headers headers, std::string body) {
    headers.emplace_back("x-api-key", token);
    return {.name = std::move(name),
            .headers = std::move(headers),
            .body = std::move(body),
            .status = 429,
            .problem = "too-many-requests",
            .detail = " is used up; try again in "};
}

/// A record that goes to quarantine between two good ones.
IngestCase one_bad(std::string name, std::string type, const std::string& before, const std::string& bad,
                   const std::string& between, const std::string& after, Wrong wrong) {
    return {.name = std::move(name),
            .content_type = std::move(type),
            .content_encoding = "",
            .body = before + sale() + between + bad + between + sale() + after,
            .accepted = 2,
            .bad = {{1, bad, {std::move(wrong)}}}};
}

}  // namespace

std::vector<RequestCase> limit_cases() {
    const std::string bodiless = "this method takes no body on this path; send the request without one";
    const std::string page = "query parameter limit is a whole number from 1 to 10000, not ";
    const std::string page_of = "/v1/quarantine?limit=";
    return {
        too_large("a body of one byte too many", Method::post, kRecords, (64 << 10) + 1,
                  "the body is larger than 65536 bytes"),
        too_large("a query of over a megabyte", Method::post, "/v1/query", (1 << 20) + 1,
                  "the body is larger than 1048576 bytes"),
        too_large("a token's spec that is too long", Method::post, "/v1/tokens", (64 << 10) + 1,
                  "the body is larger than 65536 bytes"),
        too_large("a log level that is too long", Method::post, "/v1/log-levels", (4 << 10) + 1,
                  "the body is larger than 4096 bytes"),
        too_large("a GET with a body", Method::get, "/v1/streams/sales", 2, bodiless),
        too_large("a DELETE with a body", Method::del, "/v1/tokens/x", 2, bodiless),
        out_of_bounds("a page that is too long", Method::get, page_of + "10001", "", page + "'10001'"),
        out_of_bounds("a page beyond 64 bits", Method::get, page_of + "99999999999999999999", "",
                      page + "'99999999999999999999'"),
        out_of_bounds("a page of less than nothing", Method::get, page_of + "-1", "", page + "'-1'"),
        out_of_bounds("a wait that is too long", Method::get, "/v1/verify?wait=601", "",
                      "query parameter wait is seconds from 0 to 600, not 601"),
        out_of_bounds("a token's name of 101 bytes", Method::post, "/v1/tokens",
                      "{\"scopes\":[\"read\"],\"name\":\"" + std::string(101, 'n') + "\"}",
                      "a token's name has at most 100 bytes, not 101"),
        out_of_bounds("a quota of nothing", Method::post, "/v1/tokens",
                      "{\"scopes\":[\"read\"],\"records_per_second\":0}", "a whole number from 1 to "),
    };
}

std::vector<HeadCase> limit_head_cases() {
    const std::string chunked = kLine + kHost + "Transfer-Encoding: chunked\r\n\r\n";
    const std::string chunk = "8000\r\n" + std::string(0x8000, ' ') + "\r\n";
    const auto head = [](std::string name, std::string bytes) {
        return HeadCase{.name = std::move(name),
                        .parts = {std::move(bytes)},
                        .status = 431,
                        .problem = "head-too-large",
                        .detail = "the head is larger than 4096 bytes"};
    };
    const auto body = [](std::string name, std::string bytes) {
        return HeadCase{.name = std::move(name),
                        .parts = {std::move(bytes)},
                        .status = 413,
                        .problem = "body-too-large",
                        .detail = "the body is larger than 65536 bytes"};
    };
    return {
        head("headers over the limit", kLine + kHost + "X: " + std::string(5'000, 'x') + "\r\n\r\n"),
        head("a request line over the limit",
             "GET /" + std::string(5'000, 'x') + " HTTP/1.1\r\n" + kHost + "\r\n"),
        head("headers without an end", kLine + kHost + "X: " + std::string(5'000, 'x')),
        body("a body announced as too large", kLine + kHost + "Content-Length: 99999999999\r\n\r\n"),
        body("a chunk announced as too large", chunked + "10001\r\n"),
        body("chunks that are too much together", chunked + chunk + chunk + chunk + "0\r\n\r\n"),
    };
}

std::vector<IngestCase> record_limit_cases() {
    const std::string large = sale(",\"x\":\"" + std::string(1'024, 'x') + "\"");
    const std::string deep = sale(",\"x\":" + std::string(8, '[') + std::string(8, ']'));
    // "@" is eight bytes once it is named.
    const Wrong size{"", "size", "at most 1024 bytes", std::to_string(large.size() + 7) + " bytes"};
    const Wrong depth{"", "depth", "at most 8 levels", "[]" + std::string(7, ']') + "}"};
    return {
        one_bad("an element over the limit", kJson, "[", large, ",", "]", size),
        one_bad("a line over the limit", kNdjson, "", large, "\n", "", size),
        one_bad("an element that is too deep", kJson, "[", deep, ",", "]", depth),
        one_bad("a line that is too deep", kNdjson, "", deep, "\n", "", depth),
    };
}

std::vector<RequestCase> quota_cases(const std::string& token) {
    return {
        over_quota("one record", token, {}, sale()),
        over_quota("no record", token, {}, "[]"),
        over_quota("rows", token, {{"Content-Type", kCsv}}, std::string(kHeader) + kRow),
        over_quota("a request under a key", token, {{"Idempotency-Key", "k"}}, sale()),
        over_quota("what is no JSON", token, {}, "{"),
    };
}

namespace {

class Limits : public ::testing::Test {
protected:
    void SetUp() override {
        door_ = Door::open({"--ingest.body_bytes_max", "64KiB", "--ingest.record_bytes_max", "1KiB",
                            "--ingest.depth_max", "8", "--http.head_bytes_max", "4KiB"});
        ASSERT_TRUE(door_);
    }
    void TearDown() override {
        if (!door_) return;
        door_->expect_verified();
        EXPECT_EQ(door_->terminate(), 0);
    }
    std::string make_token(const std::string& spec) {
        const Answer made = door_->send(Method::post, "/v1/tokens",
                                        admin_.empty() ? Headers{} : Headers{{"x-api-key", admin_}}, spec);
        EXPECT_EQ(made.status, 200) << made.text("detail");
        return made.text("token");
    }
    std::unique_ptr<Door> door_;
    std::string admin_;
};

TEST_F(Limits, AreNamedAndNothingOfTheRequestIsStored) {
    for (const RequestCase& one : limit_cases()) expect_refused(*door_, one);
    for (const HeadCase& one : limit_head_cases()) expect_refused(*door_, one);
    EXPECT_EQ(door_->stored(), 0);
}

TEST_F(Limits, OfOneRecordCostThatRecordAlone) { run_cases(*door_, record_limit_cases()); }

TEST_F(Limits, OfTheirTokensAreKeptByRecordsAndByBytes) {
    admin_ = make_token("{\"scopes\":[\"admin\"]}");
    door_->use_token(admin_);
    for (const char* quota : {"records_per_second", "bytes_per_second"}) {
        SCOPED_TRACE(quota);
        const std::string token =
            make_token("{\"scopes\":[\"ingest:sales\"],\"" + std::string(quota) + "\":1}");
        // A full quota lets one request through, however large, and is in debt for minutes then.
        std::string rows = kHeader;
        for (int i = 0; i < 300; ++i) rows += kRow;
        const Answer first =
            door_->send(Method::post, kRecords, {{"x-api-key", token}, {"Content-Type", kCsv}}, rows);
        EXPECT_EQ(first.text("accepted"), "300") << first.text("detail");
        for (const RequestCase& one : quota_cases(token)) expect_refused(*door_, one);
    }
    EXPECT_EQ(door_->stored(), 600);
}

}  // namespace
}  // namespace tillstream::bad_input
