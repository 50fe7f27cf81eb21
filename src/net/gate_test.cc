#include <gtest/gtest.h>

#include <atomic>

#include "net/loopback_test.h"
#include "net/problem.h"

namespace tillstream {
namespace {

using testing::Loopback;
using testing::RawConnection;

/// Lets in who says so in the header X-Name, as that name; and nobody to a path that no route has but "king".
Passage ask_name(const RequestHead& head, std::optional<std::size_t> route) {
    const std::string name(head.headers.find("x-name").value_or(""));
    if (name.empty() || (!route && name != "king"))
        return {problem_response({.status = 401, .detail = "who are you"}, head.request_id), name};
    return {std::nullopt, name};
}

void add_guarded(Router& router) {
    EXPECT_TRUE(router.add(Method::get, "/who/{any}", [](HttpRequest&& request, Responder responder) {
        responder.send({.body = std::string(request.principal) + " " +
                                std::string(request.params.find("any").value_or("?")),
                        .headers = {}});
    }));
    router.set_gate(ask_name);
}

std::string with_name(std::string request, std::string_view name) {
    return request.replace(request.find("\r\n") + 2, 0, "X-Name: " + std::string(name) + "\r\n");
}

TEST(GateTest, WhoIsLetInIsKnownToTheHandler) {
    Loopback loopback({}, add_guarded);
    RawConnection connection(*loopback.server);
    connection.send(with_name(testing::get("/who/a%20b"), "ada"));
    EXPECT_EQ(connection.receive().body, "ada a b");
    connection.send(with_name(testing::get("/who/c"), "bob"));
    EXPECT_EQ(connection.receive().body, "bob c") << "each request has its own";
    const std::string long_name(300, 'n');
    connection.send(with_name(testing::get("/who/c"), long_name));
    EXPECT_EQ(connection.receive().body, long_name.substr(0, kPrincipalBytesMax) + " c");
}

TEST(GateTest, WhoIsNotLetInDoesNotLearnWhatExists) {
    Loopback loopback({}, add_guarded);
    RawConnection connection(*loopback.server);
    for (const std::string& request :
         {testing::get("/hello"), testing::get("/absent"), testing::post("/hello", ""),
          testing::post("/absent", "x"), std::string("BREW /hello HTTP/1.1\r\nHost: t\r\n\r\n")}) {
        connection.send(request);
        EXPECT_EQ(connection.receive().status, 401) << request;
    }
    connection.send(with_name(testing::get("/absent"), "king"));
    EXPECT_EQ(connection.receive().status, 404);
    connection.send(with_name(testing::post("/hello", ""), "king"));
    EXPECT_EQ(connection.receive().status, 405);
}

TEST(GateTest, ItRefusesBeforeTheBodyIsSent) {
    Loopback loopback({}, add_guarded);
    RawConnection connection(*loopback.server);
    connection.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n");
    EXPECT_EQ(connection.receive().status, 401) << "without a byte of the body";
    RawConnection chunked(*loopback.server);
    chunked.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    EXPECT_EQ(chunked.receive().status, 401);
    RawConnection expecting(*loopback.server);
    expecting.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(expecting.receive().status, 401) << "not 100";
}

TEST(GateTest, ItIsAskedBeforeARoutesOwnAdmission) {
    std::atomic<int> asked{0};
    Loopback loopback({}, [&](Router& router) {
        add_guarded(router);
        RouteOptions options;
        options.admit = [&](const RequestHead&) -> std::optional<HttpResponse> {
            ++asked;
            return std::nullopt;
        };
        EXPECT_TRUE(router.add(Method::post, "/guarded", testing::echo, std::move(options)));
    });
    RawConnection connection(*loopback.server);
    connection.send(testing::post("/guarded", "x"));
    EXPECT_EQ(connection.receive().status, 401);
    EXPECT_EQ(asked, 0);
    connection.send(with_name(testing::post("/guarded", "x"), "ada"));
    EXPECT_EQ(connection.receive().body, "x");
    EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace tillstream
