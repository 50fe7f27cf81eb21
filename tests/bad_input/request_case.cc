#include "tests/bad_input/request_case.h"

#include <gtest/gtest.h>

namespace tillstream::bad_input {

void expect_refused(Door& door, const RequestCase& one) {
    SCOPED_TRACE(one.name);
    const std::int64_t before = door.stored();
    const Answer answer = door.send(one.method, one.target, one.headers, one.body);
    EXPECT_EQ(answer.status, one.status) << answer.text("detail");
    EXPECT_EQ(answer.problem(), one.problem);
    EXPECT_EQ(answer.errors(), one.wrong);
    EXPECT_NE(answer.text("detail").find(one.detail), std::string::npos) << answer.text("detail");
    EXPECT_EQ(answer.header("Allow"), one.allow);
    EXPECT_EQ(answer.header("WWW-Authenticate"), one.status == 401 ? "Bearer" : "");
    EXPECT_EQ(answer.header("Retry-After").empty(), one.status != 429);
    EXPECT_EQ(door.stored(), before) << "a refused request leaves nothing";
}

void expect_refused(Door& door, const HeadCase& one) {
    SCOPED_TRACE(one.name);
    const std::int64_t before = door.stored();
    const std::string answer = exchange(door.url(), one.parts);
    EXPECT_EQ(answer.substr(0, 13), "HTTP/1.1 " + std::to_string(one.status) + " ") << answer;
    const std::size_t body = answer.find("\r\n\r\n");
    ASSERT_NE(body, std::string::npos) << answer;
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos) << answer;
    const auto problem = json::parse(answer.substr(body + 4));
    ASSERT_TRUE(problem) << answer;
    EXPECT_EQ(text_of(*problem, "type"), "/problems/" + one.problem);
    EXPECT_EQ(text_of(*problem, "status"), std::to_string(one.status));
    EXPECT_NE(text_of(*problem, "detail").find(one.detail), std::string::npos) << answer;
    EXPECT_NE(text_of(*problem, "request_id"), "");
    const json::Value* errors = problem->find("errors");
    ASSERT_TRUE(errors) << answer;
    EXPECT_TRUE(errors->items.empty()) << answer;
    EXPECT_EQ(door.stored(), before) << "a refused request leaves nothing";
}

}  // namespace tillstream::bad_input
