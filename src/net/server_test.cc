#include "net/server.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "net/loopback_test.h"

namespace tillstream {
namespace {

using namespace std::chrono_literals;
using testing::get;
using testing::Loopback;
using testing::post;
using testing::RawConnection;

/// Keeps Responders until the test releases them.
class Held {
public:
    Handler handler() {
        return [this](HttpRequest&&, Responder responder) {
            const std::lock_guard lock(mutex_);
            responders_.push_back(std::move(responder));
            arrived_.notify_all();
        };
    }
    std::vector<Responder> take(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(arrived_.wait_for(lock, 20s, [&] { return responders_.size() >= count; }));
        return std::exchange(responders_, {});
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Responder> responders_;
};

HttpResponse text(std::string body) {
    return {.status = 200, .body = std::move(body), .content_type = "text/plain", .headers = {}};
}

TEST(ListenAddressTest, IsANumberOrANameOfOne) {
    EXPECT_EQ(numeric_address("127.0.0.1").value(), "127.0.0.1");
    EXPECT_EQ(numeric_address("0:0:0:0:0:0:0:1").value(), "::1");
    const auto local = numeric_address("localhost");
    ASSERT_TRUE(local) << local.error().message;
    EXPECT_TRUE(*local == "127.0.0.1" || *local == "::1") << *local;
    const std::string nobody(64, 'x');  // one more than a label of a name may have
    const auto refused = numeric_address(nobody);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    EXPECT_NE(refused.error().message.find(nobody), std::string::npos) << refused.error().message;
}

TEST(ServerTest, KeepsAConnectionForMoreRequests) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    for (int i = 0; i < 3; ++i) {
        connection.send(get("/hello"));
        const ClientResponse response = connection.receive();
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.body, "hello");
        EXPECT_EQ(response.find("content-length"), "5");
        EXPECT_FALSE(response.find("connection").has_value());
    }
    connection.send("GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(connection.receive().find("connection"), "close");
    EXPECT_TRUE(connection.closed_by_peer());
}

TEST(ServerTest, AnswersPipelinedRequestsInOrder) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    std::string bytes;
    for (int i = 0; i < 500; ++i)
        bytes += get("/items/" + std::to_string(i)) + post("/echo", "b" + std::to_string(i));
    std::thread sender([&] { connection.send(bytes); });
    for (int i = 0; i < 500; ++i) {
        ASSERT_EQ(connection.receive().body, std::to_string(i));
        ASSERT_EQ(connection.receive().body, "b" + std::to_string(i));
    }
    sender.join();
}

TEST(ServerTest, PipelinedRequestsWaitForALateAnswer) {
    Held held;
    Loopback loopback({},
                      [&](Router& router) { EXPECT_TRUE(router.add(Method::get, "/held", held.handler())); });
    RawConnection connection(*loopback.server);
    connection.send(get("/held") + get("/hello") + get("/held"));
    auto first = held.take(1);
    std::thread([&] { first[0].send(text("first")); }).join();
    EXPECT_EQ(connection.receive().body, "first");
    EXPECT_EQ(connection.receive().body, "hello");
    auto last = held.take(1);
    last[0].send(text("last"));
    EXPECT_EQ(connection.receive().body, "last");
}

TEST(ServerTest, ReadsARequestSentByteByByte) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    const std::string bytes = post("/echo", "slowly") +
                              "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "3\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\n" +
                              get("/hello");
    for (const char byte : bytes) ASSERT_TRUE(connection.send({&byte, 1}));
    EXPECT_EQ(connection.receive().body, "slowly");
    EXPECT_EQ(connection.receive().body, "abcde");
    EXPECT_EQ(connection.receive().body, "hello");
}

TEST(ServerTest, TakesAndGivesBigBodies) {
    Loopback loopback;
    std::string body(16 << 20, '\0');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761U >> 13);
    auto client = HttpClient::open(loopback.server->url());
    ASSERT_TRUE(client);
    for (int i = 0; i < 3; ++i) {
        const auto response = client->send({.method = Method::post, .target = "/echo", .body = body});
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_TRUE(response->body == body);
    }
}

TEST(ServerTest, TakesChunkedBodiesOfManyChunks) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    std::string bytes = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::string expected;
    for (int i = 0; i < 3000; ++i) {
        const std::string chunk(static_cast<std::size_t>(1 + i % 900), static_cast<char>('a' + i % 26));
        char size[16];
        std::snprintf(size, sizeof size, "%zX\r\n", chunk.size());
        bytes += size + chunk + "\r\n";
        expected += chunk;
    }
    bytes += "0\r\n\r\n";
    std::thread sender([&] { connection.send(bytes); });
    EXPECT_TRUE(connection.receive().body == expected);
    sender.join();
}

TEST(ServerTest, SaysContinueOnlyWhenItWillReadTheBody) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    connection.send("POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(connection.receive_bytes(), "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send("hi");
    EXPECT_EQ(connection.receive().body, "hi");
    connection.send("POST /nowhere HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_TRUE(connection.receive_bytes().starts_with("HTTP/1.1 404 "));
}

TEST(ServerTest, AnswersHeadWithoutABody) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    connection.send("HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\n" + get("/hello"));
    const ClientResponse head = connection.receive(true);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.find("content-length"), "5");
    EXPECT_EQ(connection.receive().body, "hello");
}

TEST(ServerTest, NamesTheMethodsAPathAllows) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    connection.send("DELETE /hello HTTP/1.1\r\nHost: t\r\n\r\n" + get("/nowhere"));
    const ClientResponse wrong_method = connection.receive();
    EXPECT_EQ(wrong_method.status, 405);
    EXPECT_EQ(wrong_method.find("allow"), "GET, HEAD");
    EXPECT_EQ(connection.receive().status, 404);
}

TEST(ServerTest, ARefusedBodyThatHasArrivedKeepsTheConnection) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    connection.send(post("/nowhere", "body") + get("/hello"));
    EXPECT_EQ(connection.receive().status, 404);
    EXPECT_EQ(connection.receive().body, "hello");
}

TEST(ServerTest, ARefusalReachesAClientThatIsStillSending) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    connection.send("POST /nowhere HTTP/1.1\r\nHost: t\r\nContent-Length: 8000000\r\n\r\n");
    std::thread sender([&] { connection.send(std::string(8'000'000, 'x')); });
    EXPECT_EQ(connection.receive().status, 404);
    sender.join();
}

TEST(ServerTest, EchoesASaneRequestIdAndMakesOneElse) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    connection.send("GET /nowhere HTTP/1.1\r\nHost: t\r\nX-Request-Id: abc-1.2\r\n\r\n");
    const ClientResponse named = connection.receive();
    EXPECT_EQ(named.find("x-request-id"), "abc-1.2");
    EXPECT_NE(named.body.find("\"request_id\":\"abc-1.2\""), std::string::npos);
    connection.send("GET /hello HTTP/1.1\r\nHost: t\r\nX-Request-Id: \"><script>\r\n\r\n" + get("/hello"));
    const auto first = connection.receive().find("x-request-id").value_or("").size();
    EXPECT_EQ(first, 24U);
    EXPECT_EQ(connection.receive().find("x-request-id").value_or("").size(), 24U);
}

TEST(ServerTest, HeadersOfAnAnswerCannotForgeLines) {
    Loopback loopback({}, [](Router& router) {
        EXPECT_TRUE(router.add(Method::get, "/forge", [](HttpRequest&&, Responder responder) {
            responder.send({.body = "", .headers = {{"X-A", "b\r\nX-Forged: yes"}}});
        }));
    });
    RawConnection connection(*loopback.server);
    connection.send(get("/forge"));
    const ClientResponse response = connection.receive();
    EXPECT_EQ(response.status, 200);
    EXPECT_FALSE(response.find("x-forged").has_value());
}

TEST(ServerTest, ADroppedRequestAndAThrowingHandlerAnswer500) {
    Loopback loopback({}, [](Router& router) {
        EXPECT_TRUE(router.add(Method::get, "/dropped", [](HttpRequest&&, Responder) {}));
        EXPECT_TRUE(
            router.add(Method::get, "/thrown", [](HttpRequest&&, Responder) { throw std::bad_alloc(); }));
    });
    RawConnection connection(*loopback.server);
    connection.send(get("/dropped") + get("/thrown") + get("/hello"));
    EXPECT_EQ(connection.receive().status, 500);
    EXPECT_EQ(connection.receive().status, 500);
    EXPECT_EQ(connection.receive().status, 200);
}

TEST(ServerTest, ALaterAnswerIsMadeOnTheConnectionsThread) {
    Held held;
    Loopback loopback({},
                      [&](Router& router) { EXPECT_TRUE(router.add(Method::get, "/held", held.handler())); });
    RawConnection connection(*loopback.server);
    connection.send(get("/held") + get("/hello"));
    std::promise<std::thread::id> rendered_on;
    std::thread::id sent_on;
    std::thread([&] {
        sent_on = std::this_thread::get_id();
        auto responders = held.take(1);
        ASSERT_EQ(responders.size(), 1U);
        responders[0].send_later([&] {
            rendered_on.set_value(std::this_thread::get_id());
            return text("made later");
        });
        EXPECT_FALSE(responders[0]);
    }).join();
    EXPECT_EQ(connection.receive().body, "made later");
    EXPECT_EQ(connection.receive().body, "hello");
    const std::thread::id rendered = rendered_on.get_future().get();
    EXPECT_NE(rendered, sent_on);
    EXPECT_NE(rendered, std::this_thread::get_id());
}

TEST(ServerTest, ALaterAnswerThatThrowsIsA500AndTheConnectionLivesOn) {
    Held held;
    Loopback loopback({}, [&](Router& router) {
        EXPECT_TRUE(router.add(Method::get, "/held", held.handler()));
        EXPECT_TRUE(router.add(Method::get, "/inline", [](HttpRequest&&, Responder responder) {
            responder.send_later([]() -> HttpResponse { throw 7; });
        }));
    });
    RawConnection connection(*loopback.server);
    connection.send(get("/held") + get("/inline") + get("/hello"));
    held.take(1).at(0).send_later([]() -> HttpResponse { throw std::bad_alloc(); });
    EXPECT_EQ(connection.receive().status, 500);
    EXPECT_EQ(connection.receive().status, 500);
    EXPECT_EQ(connection.receive().status, 200);
}

TEST(ServerTest, ALaterAnswerForAClosedConnectionIsDroppedUnrun) {
    Held held;
    Loopback loopback({},
                      [&](Router& router) { EXPECT_TRUE(router.add(Method::get, "/held", held.handler())); });
    std::vector<Responder> late;
    {
        RawConnection connection(*loopback.server);
        connection.send(get("/held"));
        late = held.take(1);
    }
    EXPECT_FALSE(loopback.server->stop(10ms));
    const auto held_by_the_closure = std::make_shared<int>(0);
    bool ran = false;
    late.at(0).send_later([&ran, held_by_the_closure] {
        ran = true;
        return text("too late");
    });
    EXPECT_FALSE(ran);
    EXPECT_EQ(held_by_the_closure.use_count(), 1);
}

TEST(ServerTest, AnswersFromOtherThreadsInBatches) {
    Held held;
    Loopback loopback({},
                      [&](Router& router) { EXPECT_TRUE(router.add(Method::get, "/held", held.handler())); });
    constexpr std::size_t kConnections = 32;
    std::vector<RawConnection> connections;
    for (std::size_t i = 0; i < kConnections; ++i) connections.emplace_back(*loopback.server);
    for (int round = 0; round < 50; ++round) {
        for (RawConnection& connection : connections) connection.send(get("/held"));
        std::thread([&] {
            ResponseBatch batch;
            std::size_t left = kConnections;
            while (left > 0) {
                auto responders = held.take(1);
                if (responders.empty()) return;
                left -= responders.size();
                for (Responder& responder : responders)
                    batch.add(std::move(responder), text(std::to_string(round)));
                batch.deliver();
            }
        }).join();
        for (RawConnection& connection : connections)
            ASSERT_EQ(connection.receive().body, std::to_string(round));
    }
}

TEST(ServerTest, AnswersForClosedConnectionsAreDropped) {
    Held held;
    auto loopback = std::make_unique<Loopback>(ServerOptions{}, [&](Router& router) {
        EXPECT_TRUE(router.add(Method::get, "/held", held.handler()));
    });
    std::vector<Responder> late;
    {
        RawConnection connection(*loopback->server);
        connection.send(get("/held"));
        late = held.take(1);
    }
    EXPECT_FALSE(loopback->server->stop(10ms));
    late[0].send(text("too late"));
    {
        Responder kept = std::move(late[0]);
        EXPECT_FALSE(kept);
    }
    loopback.reset();
}

TEST(ServerTest, RespondersMayOutliveTheServer) {
    Held held;
    auto loopback = std::make_unique<Loopback>(ServerOptions{}, [&](Router& router) {
        EXPECT_TRUE(router.add(Method::get, "/held", held.handler()));
    });
    RawConnection connection(*loopback->server);
    connection.send(get("/held"));
    auto late = held.take(1);
    loopback.reset();
    EXPECT_TRUE(connection.closed_by_peer());
    late.clear();
}

TEST(ServerTest, StopAnswersWhatIsInFlightAndClosesTheRest) {
    Held held;
    Loopback loopback({},
                      [&](Router& router) { EXPECT_TRUE(router.add(Method::get, "/held", held.handler())); });
    RawConnection idle(*loopback.server);
    idle.send(get("/hello"));
    EXPECT_EQ(idle.receive().status, 200);
    RawConnection busy(*loopback.server);
    busy.send(get("/held") + get("/hello"));
    auto responders = held.take(1);
    auto stopped = std::async(std::launch::async, [&] { return loopback.server->stop(20s); });
    EXPECT_TRUE(idle.closed_by_peer());
    responders[0].send(text("done"));
    const ClientResponse response = busy.receive();
    EXPECT_EQ(response.body, "done");
    EXPECT_EQ(response.find("connection"), "close");
    EXPECT_TRUE(busy.closed_by_peer());
    busy.end_sending();
    {
        RawConnection gone = std::move(busy);
    }
    EXPECT_TRUE(stopped.get());
    EXPECT_TRUE(loopback.server->stop(0ms));
}

TEST(ServerTest, RefusesOptionsThatCannotWork) {
    Metrics metrics;
    const auto code = [&](ServerOptions options) {
        auto server = HttpServer::start(std::move(options), {}, Logger::silent(), metrics);
        return server ? Errc::internal : server.error().code;
    };
    Loopback taken;
    EXPECT_EQ(code({.port = taken.server->port()}), Errc::io);
    EXPECT_EQ(code({.address = "localhost"}), Errc::invalid_argument);
    EXPECT_EQ(code({.in_flight_bytes_max = 1000}), Errc::invalid_argument);
    EXPECT_EQ(code({.tls = TlsOptions{"no-such-file", "no-such-key"}}), Errc::invalid_argument);
}

TEST(ServerTest, CountsRequestsByRoute) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    connection.send(get("/items/1") + get("/items/2") + get("/nowhere"));
    for (int i = 0; i < 3; ++i) EXPECT_NE(connection.receive().status, 0);
    loopback.server->stop(20s);
    const auto count = [&](const char* route, const char* method, const char* status) {
        return loopback.metrics
            .counter("tillstream_http_requests_total", "Requests answered",
                     {{"route", route}, {"method", method}, {"status", status}})
            .value();
    };
    EXPECT_EQ(count("/items/{id}", "GET", "2xx"), 2);
    EXPECT_EQ(count("none", "any", "4xx"), 1);
}

}  // namespace
}  // namespace tillstream
