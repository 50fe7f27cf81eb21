// Requests that are wrong before anybody looks at a record: paths, methods, parameters, heads.
#include <gtest/gtest.h>

#include "tests/bad_input/ingest_case.h"

namespace tillstream::bad_input {
namespace {

class BadRequests : public ::testing::Test {
protected:
    static void SetUpTestSuite() { door_ = Door::open({"--http.head_timeout", "500ms"}); }
    static void TearDownTestSuite() {
        if (!door_) return;
        EXPECT_EQ(door_->stored(), 0) << "nothing of these requests is stored";
        door_->expect_verified();
        EXPECT_EQ(door_->terminate(), 0);
        door_.reset();
    }
    void SetUp() override { ASSERT_TRUE(door_); }
    static inline std::unique_ptr<Door> door_;
};

struct RequestCase {
    std::string name;
    Method method;
    std::string target;
    std::string body;
    int status;
    std::string problem;
    std::vector<Wrong> wrong;
    std::string allow;
};

TEST_F(BadRequests, AreNamedByStatusTypeAndPlace) {
    const std::string records = "/v1/streams/sales/records";
    const std::string no_json = "{\"sql\", \"params\", \"limit\"}";
    const std::vector<Wrong> no_sql = {{"/sql", "type", "a text", "nothing"}};
    const auto query = [](std::string name, std::string body, std::vector<Wrong> wrong) {
        return RequestCase{std::move(name), Method::post,     "/v1/query", std::move(body), 400,
                           "bad-request",   std::move(wrong), ""};
    };
    const std::vector<RequestCase> cases = {
        {"unknown stream", Method::post, "/v1/streams/nope/records", "{}", 404, "not-found", {}, ""},
        {"a stream name that is no UTF-8",
         Method::post,
         "/v1/streams/%FF/records",
         "{}",
         404,
         "not-found",
         {},
         ""},
        {"unknown path", Method::get, "/v2", "", 404, "not-found", {}, ""},
        {"unknown path below a known one", Method::post, records + "/1", "{}", 404, "not-found", {}, ""},
        {"records by PUT", Method::put, records, "{}", 405, "method-not-allowed", {}, "POST, GET, HEAD"},
        {"records by DELETE", Method::del, records, "", 405, "method-not-allowed", {}, "POST, GET, HEAD"},
        {"sealing by GET", Method::get, "/v1/streams/sales/seal", "", 405, "method-not-allowed", {}, "POST"},
        {"an invoice by POST",
         Method::post,
         "/v1/invoices/1",
         "{}",
         405,
         "method-not-allowed",
         {},
         "GET, HEAD"},
        {"records of no shard", Method::get, records + "?shard=9", "", 404, "not-found", {}, ""},
        {"records from nowhere", Method::get, records + "?from=x", "", 400, "bad-request", {}, ""},
        {"a page of nothing", Method::get, records + "?limit=0", "", 400, "bad-request", {}, ""},
        {"an unknown invoice", Method::get, "/v1/invoices/none", "", 404, "not-found", {}, ""},
        {"a customer that is no number", Method::get, "/v1/customers/x", "", 404, "not-found", {}, ""},
        {"a replay of no sink", Method::post, "/v1/sinks/none/replay", "", 404, "not-found", {}, ""},
        {"a replay of no time",
         Method::post,
         "/v1/sinks/tables/replay?from=soon",
         "",
         400,
         "bad-request",
         {},
         ""},
        {"a query by GET", Method::get, "/v1/query", "", 405, "method-not-allowed", {}, "POST"},
        {"a bad detail",
         Method::post,
         records + "?detail=some",
         "{}",
         400,
         "bad-request",
         {{"/detail", "format", "failures or all", "some"}},
         ""},
        {"a bad escape in the path",
         Method::post,
         "/v1/streams/sa%zzles/records",
         "{}",
         400,
         "bad-request",
         {},
         ""},
        {"a bad position",
         Method::post,
         "/v1/query?after=here",
         "{\"sql\":\"SELECT 1\"}",
         400,
         "bad-request",
         {},
         ""},
        query("a query without body", "",
              {{"", "syntax", no_json, "malformed JSON at byte 0: expected a value"}}),
        query("a query that is no JSON", "SELECT 1",
              {{"", "syntax", no_json, "malformed JSON at byte 0: expected a value"}}),
        query("a query that is an array", "[]", no_sql),
        query("sql missing", "{\"params\":[]}", no_sql),
        query("sql is a number", "{\"sql\":1}", {{"/sql", "type", "a text", "1"}}),
        query("params is a number", "{\"sql\":\"SELECT 1\",\"params\":5}",
              {{"/params", "type", "an array", "5"}}),
        query("a parameter that is true and one that is too large",
              "{\"sql\":\"SELECT 1\",\"params\":[true,1e999]}",
              {{"/params/1", "type", "a text, number, boolean or null", "1e999"}}),
        query("too few parameters", "{\"sql\":\"SELECT $1\"}",
              {{"/sql", "syntax", "one valid statement",
                "the statement has 1 parameters, 0 values were given"}}),
        query("a negative limit", "{\"sql\":\"SELECT 1\",\"limit\":-1}",
              {{"/limit", "type", "a whole number from 0", "-1"}}),
        query("a limit with a fraction", "{\"sql\":\"SELECT 1\",\"limit\":1.5}",
              {{"/limit", "type", "a whole number from 0", "1.5"}}),
    };
    for (const RequestCase& one : cases) {
        SCOPED_TRACE(one.name);
        const Answer answer = door_->send(one.method, one.target, {}, one.body);
        EXPECT_EQ(answer.status, one.status);
        EXPECT_EQ(answer.problem(), one.problem);
        EXPECT_EQ(answer.errors(), one.wrong);
        EXPECT_EQ(answer.header("Allow"), one.allow);
    }
}

TEST_F(BadRequests, KeysOutOfBoundsAreRefused) {
    for (const std::string& key : {std::string(), std::string(256, 'k'), std::string(9'000, 'k')}) {
        SCOPED_TRACE(key.size());
        const Answer answer =
            door_->send(Method::post, "/v1/streams/sales/records", {{"Idempotency-Key", key}}, "{}");
        EXPECT_EQ(answer.status, 400);
        EXPECT_EQ(answer.problem(), "bad-request");
        EXPECT_EQ(answer.errors(), (std::vector<Wrong>{{"", "size", "1 to 255 bytes of Idempotency-Key",
                                                        std::to_string(key.size()) + " bytes"}}));
    }
}

struct HeadCase {
    std::string name;
    std::vector<std::string> parts;
    std::string status;
    std::string problem;
};

TEST_F(BadRequests, WithBadHeadsAreAnsweredAndClosed) {
    const std::string line = "POST /v1/streams/sales/records HTTP/1.1\r\n";
    const std::string host = "Host: till\r\nConnection: close\r\n";
    const std::vector<HeadCase> cases = {
        {"no Host", {line + "Connection: close\r\nContent-Length: 2\r\n\r\n{}"}, "400", "bad-request"},
        {"two Hosts", {line + host + "Host: b\r\nContent-Length: 2\r\n\r\n{}"}, "400", "bad-request"},
        {"Content-Length and Transfer-Encoding",
         {line + host + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
         "400",
         "bad-request"},
        {"two Content-Lengths",
         {line + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"},
         "400",
         "bad-request"},
        {"a Content-Length that is no number",
         {line + host + "Content-Length: two\r\n\r\n{}"},
         "400",
         "bad-request"},
        {"an unknown Transfer-Encoding",
         {line + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
         "400",
         "bad-request"},
        {"a chunk size that is none",
         {line + host + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n"},
         "400",
         "bad-request"},
        {"no HTTP", {"hello\r\n\r\n"}, "400", "bad-request"},
        {"a header line without colon", {line + host + "nonsense\r\n\r\n"}, "400", "bad-request"},
        {"a body announced as too large",
         {line + host + "Content-Length: 99999999999\r\n\r\n"},
         "413",
         "body-too-large"},
        {"headers over 16 KiB",
         {line + host + "X: " + std::string(17 << 10, 'x') + "\r\n\r\n"},
         "431",
         "head-too-large"},
        {"a head that never ends", {line + host + "X: slow"}, "408", "too-slow"},
        {"a head in drops",
         {line, host, "X: y\r\n", "X: y\r\n", "X: y\r\n", "X: y\r\n", "X: y\r\n"},
         "408",
         "too-slow"},
    };
    for (const HeadCase& one : cases) {
        SCOPED_TRACE(one.name);
        const std::string answer = exchange(door_->url(), one.parts);
        EXPECT_EQ(answer.substr(0, 13), "HTTP/1.1 " + one.status + " ") << answer;
        EXPECT_NE(answer.find("application/problem+json"), std::string::npos) << answer;
        EXPECT_NE(answer.find("\"/problems/" + one.problem + "\""), std::string::npos) << answer;
    }
    EXPECT_EQ(door_->get("/v1/streams/sales").status, 200);
}

}  // namespace
}  // namespace tillstream::bad_input
