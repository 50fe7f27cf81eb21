#include "net/router.h"

#include <gtest/gtest.h>

#include "net/problem.h"

namespace tillstream {
namespace {

void nothing(HttpRequest&&, Responder responder) { responder.send({}); }

Router make(std::initializer_list<std::pair<Method, const char*>> routes) {
    Router router;
    for (const auto& [method, pattern] : routes) {
        const Status added = router.add(method, pattern, nothing);
        EXPECT_TRUE(added) << added.error().message;
    }
    return router;
}

/// "pattern name=value ...", or the methods allowed, or "-".
std::string route(const Router& router, Method method, std::string_view target) {
    auto request = make_request(method, target);
    if (!request) return request.error().message;
    const auto match = router.find(*request);
    if (!match.route) return match.allow.empty() ? "-" : match.allow;
    std::string text = router.routes()[*match.route].pattern;
    for (const auto& [name, value] : request->params) text.append(" ").append(name).append("=").append(value);
    return text;
}

TEST(RouterTest, FindsTheMostSpecificPattern) {
    const Router router = make({{Method::get, "/v1/streams/{stream}"},
                                {Method::get, "/v1/streams/all"},
                                {Method::post, "/v1/streams/{stream}/records"},
                                {Method::get, "/v1/streams/all/{x}/y"},
                                {Method::get, "/"},
                                {Method::put, "/{bucket}/{key*}"}});
    EXPECT_EQ(route(router, Method::get, "/v1/streams/sales"), "/v1/streams/{stream} stream=sales");
    EXPECT_EQ(route(router, Method::get, "/v1/streams/all?x=1"), "/v1/streams/all");
    EXPECT_EQ(route(router, Method::get, "/v1/streams/%61ll"), "/v1/streams/all");
    EXPECT_EQ(route(router, Method::get, "/v1/streams/a%2Fb%20c+d"), "/v1/streams/{stream} stream=a/b c+d");
    EXPECT_EQ(route(router, Method::post, "/v1/streams/all/records"),
              "/v1/streams/{stream}/records stream=all");
    EXPECT_EQ(route(router, Method::get, "/"), "/");
    EXPECT_EQ(route(router, Method::put, "/b/one/two%21"), "/{bucket}/{key*} bucket=b key=one/two!");
    EXPECT_EQ(route(router, Method::put, "/b//"), "/{bucket}/{key*} bucket=b key=/");
    EXPECT_EQ(route(router, Method::head, "/v1/streams/all"), "/v1/streams/all");
}

TEST(RouterTest, TellsUnknownPathsFromWrongMethods) {
    const Router router = make({{Method::get, "/a/{x}"}, {Method::post, "/a/{x}"}, {Method::del, "/b"}});
    EXPECT_EQ(route(router, Method::put, "/a/1"), "GET, POST, HEAD");
    EXPECT_EQ(route(router, Method::head, "/b"), "DELETE");
    for (const char* path : {"/", "/a", "/a/", "/a/1/", "/a/1/2", "//a/1", "/b/../b", "/B"}) {
        EXPECT_EQ(route(router, Method::get, path), "-") << path;
    }
}

TEST(RouterTest, RefusesMalformedAndRepeatedPatterns) {
    Router router = make({{Method::get, "/a/{x}"}});
    const auto code = [&](Method method, std::string_view pattern) {
        const Status added = router.add(method, pattern, nothing);
        return added ? Errc::internal : added.error().code;
    };
    for (const char* pattern : {"", "a", "/{}", "/{x", "/x}", "/a{x}", "/{x*}/y", "/*"}) {
        EXPECT_EQ(code(Method::get, pattern), Errc::invalid_argument) << pattern;
    }
    EXPECT_EQ(code(Method::get, "/a/{y}"), Errc::already_exists);
    EXPECT_EQ(code(Method::post, "/a/{y}"), Errc::internal);
    EXPECT_EQ(router.routes().size(), 2U);
}

TEST(HttpTest, AMadeRequestIsWhatAServerWouldSee) {
    const auto request = make_request(Method::post, "/v1/x?a=1&b=%26+c&a=2&flag", {{"X-Token", "t"}}, "body");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->path, "/v1/x");
    EXPECT_EQ(request->query_text, "a=1&b=%26+c&a=2&flag");
    EXPECT_EQ(request->query.find("a"), "1");
    EXPECT_EQ(request->query.find("b"), "& c");
    EXPECT_EQ(request->query.find("flag"), "");
    EXPECT_EQ(request->query.find("A"), std::nullopt);
    EXPECT_EQ(request->query.size(), 4U);
    EXPECT_EQ(request->headers.find("x-tOKEN"), "t");
    EXPECT_EQ(request->body.view(), "body");
    EXPECT_EQ(request->content_length, 4U);
    EXPECT_EQ(make_request(Method::get, "no-slash").error().code, Errc::invalid_argument);
}

TEST(HttpTest, ViewsSurviveAMove) {
    auto request = make_request(Method::get, "/x?a=%41", {{"X-A", "b"}});
    ASSERT_TRUE(request);
    const HttpRequest moved = std::move(*request);
    EXPECT_EQ(moved.query.find("a"), "A");
    EXPECT_EQ(moved.headers.find("x-a"), "b");
}

TEST(HttpTest, PercentCodingIsReversible) {
    std::string all;
    for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
    EXPECT_EQ(percent_encode("a/b c~"), "a%2Fb%20c~");
    EXPECT_EQ(percent_decode("a+b", true), "a b");
    EXPECT_EQ(percent_decode("%"), std::nullopt);
    EXPECT_EQ(percent_decode("%f"), std::nullopt);
    EXPECT_EQ(percent_decode("%00"), std::nullopt);
    EXPECT_EQ(percent_decode("%10%01"), "\x10\x01");
}

TEST(ProblemTest, IsOneJsonObject) {
    const HttpResponse plain = problem_response({.status = 404, .detail = "no \"x\"\n"}, "id-1");
    EXPECT_EQ(plain.body,
              R"({"type":"/problems/not-found","title":"Not Found","status":404,"detail":"no \"x\"\n",)"
              R"("request_id":"id-1","errors":[]})");
    EXPECT_EQ(plain.content_type, "application/problem+json");
    EXPECT_TRUE(plain.headers.empty());
    const HttpResponse busy = problem_response({.status = 429,
                                                .detail = "d",
                                                .slug = "quota",
                                                .title = "T",
                                                .errors = "[1]",
                                                .retry_after_seconds = 7},
                                               "");
    EXPECT_EQ(
        busy.body,
        R"({"type":"/problems/quota","title":"T","status":429,"detail":"d","request_id":"","errors":[1]})");
    ASSERT_EQ(busy.headers.size(), 1U);
    EXPECT_EQ(busy.headers[0], (std::pair<std::string, std::string>("Retry-After", "7")));
}

TEST(ResponderTest, AnswersAFunction) {
    int status = 0;
    Handler handler = nothing;
    handler(HttpRequest{}, Responder::to([&](HttpResponse response) { status = response.status; }));
    EXPECT_EQ(status, 200);
    Responder::to([&](HttpResponse response) { status = response.status; }).send_later([] {
        HttpResponse made;
        made.status = 202;
        return made;
    });
    EXPECT_EQ(status, 202);
    Responder::to([&](HttpResponse response) { status = response.status; }).send_later([]() -> HttpResponse {
        throw 7;
    });
    EXPECT_EQ(status, 500);
    status = 0;
    {
        const Responder dropped = Responder::to([&](HttpResponse response) { status = response.status; });
    }
    EXPECT_EQ(status, 500);
}

}  // namespace
}  // namespace tillstream
