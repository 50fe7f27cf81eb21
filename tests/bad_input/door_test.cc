// Requests that are wrong before anybody looks at a record: paths, methods, parameters.
#include <gtest/gtest.h>

#include "tests/bad_input/case_tables.h"

namespace tillstream::bad_input {
namespace {

RequestCase not_found(std::string name, Method method, std::string target, std::string detail) {
    return {.name = std::move(name),
            .method = method,
            .target = std::move(target),
            .body = method == Method::post ? "{}" : "",
            .status = 404,
            .problem = "not-found",
            .detail = std::move(detail)};
}

RequestCase not_allowed(std::string name, Method method, std::string target, const std::string& allow) {
    return {.name = std::move(name),
            .method = method,
            .target = std::move(target),
            .status = 405,
            .problem = "method-not-allowed",
            .detail = "this path allows " + allow,
            .allow = allow};
}

RequestCase bad_request(std::string name, Method method, std::string target, std::string detail,
                        std::vector<Wrong> wrong = {}) {
    return {.name = std::move(name),
            .method = method,
            .target = std::move(target),
            .body = method == Method::post ? "{\"sql\":\"SELECT 1\"}" : "",
            .wrong = std::move(wrong),
            .detail = std::move(detail)};
}

RequestCase bad_query(std::string name, std::string body, std::vector<Wrong> wrong) {
    return {
        .name = std::move(name), .target = "/v1/query", .body = std::move(body), .wrong = std::move(wrong)};
}

const std::string kRecordPath = kRecords;

}  // namespace

std::vector<RequestCase> request_cases() {
    const std::string whole_number = " is a whole number from ";
    const std::string no_json = "{\"sql\", \"params\", \"limit\"}";
    const std::vector<Wrong> no_sql = {{"/sql", "type", "a text", "nothing"}};
    return {
        not_found("unknown stream", Method::post, "/v1/streams/nope/records", "no stream named nope"),
        not_found("a stream name that is no UTF-8", Method::post, "/v1/streams/%FF/records",
                  "no stream named "),
        not_found("unknown path", Method::get, "/v2", "no such path"),
        not_found("unknown path below a known one", Method::post, kRecordPath + "/1", "no such path"),
        not_found("records of no shard", Method::get, kRecordPath + "?shard=9", "9"),
        not_found("an unknown invoice", Method::get, "/v1/invoices/none", "none"),
        not_found("a customer that is no number", Method::get, "/v1/customers/x",
                  "no customer x: a customer's id is a whole number"),
        not_found("a replay of no sink", Method::post, "/v1/sinks/none/replay", "none"),
        not_allowed("records by PUT", Method::put, kRecordPath, "POST, GET, HEAD"),
        not_allowed("records by DELETE", Method::del, kRecordPath, "POST, GET, HEAD"),
        not_allowed("sealing by GET", Method::get, "/v1/streams/sales/seal", "POST"),
        not_allowed("an invoice by POST", Method::post, "/v1/invoices/1", "GET, HEAD"),
        not_allowed("a query by GET", Method::get, "/v1/query", "POST"),
        bad_request("records from nowhere", Method::get, kRecordPath + "?from=x",
                    "query parameter from" + whole_number),
        bad_request("a page of nothing", Method::get, kRecordPath + "?limit=0",
                    "query parameter limit" + whole_number + "1 to 10000, not '0'"),
        bad_request("a replay of no time", Method::post, "/v1/sinks/tables/replay?from=soon",
                    "query parameter from is a time like"),
        bad_request("a bad detail", Method::post, kRecordPath + "?detail=some",
                    "query parameter detail is failures or all, not some",
                    {{"/detail", "format", "failures or all", "some"}}),
        bad_request("a bad escape in the path", Method::post, "/v1/streams/sa%zzles/records",
                    "the request target is no path with sound percent-escapes"),
        bad_request("a dataset that is no UTF-8", Method::get, "/v1/quarantine?dataset=%FF",
                    "query parameter dataset is no UTF-8 text"),
        bad_request("a cursor that is no UTF-8", Method::get, "/v1/quarantine?cursor=q1.0.%FF",
                    "query parameter cursor is no UTF-8 text"),
        bad_request("a cursor of nowhere", Method::get, "/v1/quarantine?cursor=here",
                    "'here' is no cursor: pass back the `next` of an answer"),
        bad_request("a bad position", Method::post, "/v1/query?after=here", "position"),
        bad_request("a position of another log", Method::get, "/v1/streams/sales?after=p1.63-1",
                    "position p1.63-1 is not of this log"),
        bad_query("a query without body", "",
                  {{"", "syntax", no_json, "malformed JSON at byte 0: expected a value"}}),
        bad_query("a query that is no JSON", "SELECT 1",
                  {{"", "syntax", no_json, "malformed JSON at byte 0: expected a value"}}),
        bad_query("a query that is an array", "[]", no_sql),
        bad_query("sql missing", "{\"params\":[]}", no_sql),
        bad_query("sql is a number", "{\"sql\":1}", {{"/sql", "type", "a text", "1"}}),
        bad_query("params is a number", "{\"sql\":\"SELECT 1\",\"params\":5}",
                  {{"/params", "type", "an array", "5"}}),
        bad_query("a parameter that is true and one that is too large",
                  "{\"sql\":\"SELECT 1\",\"params\":[true,1e999]}",
                  {{"/params/1", "type", "a text, number, boolean or null", "1e999"}}),
        bad_query("too few parameters", "{\"sql\":\"SELECT $1\"}",
                  {{"/sql", "syntax", "one valid statement",
                    "the statement has 1 parameters, 0 values were given"}}),
        bad_query("a negative limit", "{\"sql\":\"SELECT 1\",\"limit\":-1}",
                  {{"/limit", "type", "a whole number from 0", "-1"}}),
        bad_query("a limit with a fraction", "{\"sql\":\"SELECT 1\",\"limit\":1.5}",
                  {{"/limit", "type", "a whole number from 0", "1.5"}}),
    };
}

namespace {

TEST(BadRequests, AreNamedByStatusTypeAndPlace) {
    const std::unique_ptr<Door> door = Door::open();
    ASSERT_TRUE(door);
    for (const RequestCase& one : request_cases()) expect_refused(*door, one);
    EXPECT_EQ(door->stored(), 0);
    door->expect_verified();
    EXPECT_EQ(door->terminate(), 0);
}

}  // namespace
}  // namespace tillstream::bad_input
