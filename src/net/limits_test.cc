// Limits of time, size and number, with options small enough to be reached.
#include <arpa/inet.h>

#include <future>
#include <thread>

#include "net/internal/connection_table.h"
#include "net/loopback_test.h"

namespace tillstream {
namespace {

using namespace std::chrono_literals;
using testing::get;
using testing::Loopback;
using testing::post;
using testing::RawConnection;

TEST(LimitsTest, ASlowHeadIsAnswered408) {
    Loopback loopback({.head_timeout = 100ms});
    RawConnection connection(*loopback.server);
    connection.send(get("/hello"));  // the time of a later head begins with its first byte
    EXPECT_EQ(connection.receive().status, 200);
    connection.send("GET /hello HTTP/1.1\r\n");
    const ClientResponse response = connection.receive();
    EXPECT_EQ(response.status, 408);
    EXPECT_EQ(response.find("connection"), "close");
}

TEST(LimitsTest, TricklingAHeadDoesNotHelp) {
    Loopback loopback({.head_timeout = 100ms});
    RawConnection connection(*loopback.server);
    connection.send(get("/hello"));
    EXPECT_EQ(connection.receive().status, 200);
    auto answer = std::async(std::launch::async, [&] { return connection.receive().status; });
    connection.send("GET /hello HTTP/1.1\r\n");
    while (answer.wait_for(5ms) != std::future_status::ready) connection.send("X");
    EXPECT_EQ(answer.get(), 408);
}

TEST(LimitsTest, TricklingABodyDoesNotHelp) {
    Loopback loopback({.body_rate_min = 100'000, .body_rate_window = 100ms});
    RawConnection connection(*loopback.server);
    auto answer = std::async(std::launch::async, [&] { return connection.receive().status; });
    connection.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n");
    while (answer.wait_for(5ms) != std::future_status::ready) connection.send("1");
    EXPECT_EQ(answer.get(), 408);
}

TEST(LimitsTest, ASlowChunkedBodyIsAnswered408) {
    Loopback loopback({.body_rate_min = 100'000, .body_rate_window = 100ms});
    RawConnection connection(*loopback.server);
    connection.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    EXPECT_EQ(connection.receive().status, 408);
}

TEST(LimitsTest, ABodyFastEnoughMayTakeManyWindows) {
    constexpr auto kWindow = 250ms;
    Loopback loopback({.body_rate_min = 1, .body_rate_window = kWindow});
    RawConnection connection(*loopback.server);
    connection.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 16000000\r\n\r\n");
    std::size_t sent = 0;
    const auto end = std::chrono::steady_clock::now() + 3 * kWindow;
    for (; std::chrono::steady_clock::now() < end && sent < 15'000'000; ++sent)
        ASSERT_TRUE(connection.send("x"));
    std::thread rest([&] { connection.send(std::string(16'000'000 - sent, 'x')); });
    EXPECT_EQ(connection.receive().body.size(), 16'000'000U);
    rest.join();
}

TEST(LimitsTest, AnIdleConnectionIsClosedWithoutAWord) {
    Loopback loopback({.head_timeout = 10s, .idle_timeout = 100ms});
    RawConnection connection(*loopback.server);
    connection.send(get("/hello"));
    EXPECT_EQ(connection.receive().status, 200);
    EXPECT_TRUE(connection.closed_by_peer());
}

TEST(LimitsTest, APeerThatReadsNothingIsClosed) {
    Loopback loopback({.write_timeout = 100ms}, [](Router& router) {
        EXPECT_TRUE(router.add(Method::get, "/big", [](HttpRequest&&, Responder responder) {
            responder.send({.body = std::string(64 << 20, 'x'), .headers = {}});
        }));
    });
    RawConnection connection(*loopback.server);
    connection.send(get("/big"));
    const Gauge& open = loopback.metrics.gauge("tillstream_http_connections", "Open connections");
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (open.value() == 0 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    while (open.value() != 0 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    EXPECT_EQ(open.value(), 0);
}

TEST(LimitsTest, WhenFullTheOneLongestWithoutARequestGoes) {
    // One io thread: the second answer to the first client proves that the others' answers are over and done
    //                with.
    Loopback loopback({.io_threads = 1, .connections_max = 3});
    std::vector<RawConnection> connections;
    for (int i = 0; i < 3; ++i) {
        connections.emplace_back(*loopback.server);
        connections.back().send(get("/hello"));
        EXPECT_EQ(connections.back().receive().status, 200);
    }
    connections[0].send(get("/hello"));  // now the second is the stalest
    EXPECT_EQ(connections[0].receive().status, 200);
    RawConnection fourth(*loopback.server);
    fourth.send(get("/hello"));
    EXPECT_EQ(fourth.receive().status, 200);
    EXPECT_TRUE(connections[1].closed_by_peer());
    for (const std::size_t alive : {0U, 2U}) {
        connections[alive].send(get("/hello"));
        EXPECT_EQ(connections[alive].receive().status, 200);
    }
}

TEST(LimitsTest, AnAddressGetsNoMoreThanItsShare) {
    Loopback loopback({.connections_per_address_max = 2});
    RawConnection first(*loopback.server);
    RawConnection second(*loopback.server);
    for (RawConnection* connection : {&first, &second}) {
        connection->send(get("/hello"));
        EXPECT_EQ(connection->receive().status, 200);
    }
    RawConnection third(*loopback.server);
    EXPECT_TRUE(third.closed_by_peer());
    first.send(get("/hello"));
    EXPECT_EQ(first.receive().status, 200);
}

/// Announced bytes count for as long as the test takes.
ServerOptions patient() {
    return {.body_bytes_max = 1000, .in_flight_bytes_max = 1000, .announced_time = std::chrono::hours{1}};
}

TEST(LimitsTest, BodiesBeyondTheByteBudgetGet503BeforeTheyAreRead) {
    Loopback loopback(patient(), [](Router& router) {
        EXPECT_TRUE(router.add(Method::post, "/free", testing::echo, {.counts_in_flight = false}));
    });
    RawConnection holder(*loopback.server);
    holder.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 900\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(holder.receive_bytes(), "HTTP/1.1 100 Continue\r\n\r\n");

    RawConnection connection(*loopback.server);
    connection.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 101\r\n\r\n");
    const ClientResponse refused = connection.receive();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.find("retry-after"), "1");

    RawConnection other(*loopback.server);
    other.send(get("/hello") + post("/free", std::string(500, 'x')) + post("/echo", std::string(100, 'x')));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(other.receive().status, 200);

    holder.send(std::string(900, 'x'));
    EXPECT_EQ(holder.receive().status, 200);
    other.send(post("/echo", std::string(1000, 'x')));
    EXPECT_EQ(other.receive().status, 200);
}

TEST(LimitsTest, ABodyThatWasAnnouncedAndDoesNotComeTurnsNobodyAway) {
    ServerOptions options = patient();
    options.announced_time = std::chrono::milliseconds{1};
    Loopback loopback(options);
    const Gauge& held = loopback.metrics.gauge("tillstream_http_in_flight_body_bytes", "");
    RawConnection slow(*loopback.server);
    slow.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 900\r\n\r\nhalf");
    while (held.value() != 4) std::this_thread::yield();
    RawConnection other(*loopback.server);
    other.send(post("/echo", std::string(996, 'x')));
    EXPECT_EQ(other.receive().status, 200);
    slow.send(std::string(896, 'x'));
    EXPECT_EQ(slow.receive().body, "half" + std::string(896, 'x'));
}

TEST(LimitsTest, WhatArrivesBeyondTheByteBudgetIsRefused) {
    ServerOptions options = patient();
    options.announced_time = std::chrono::milliseconds{1};
    Loopback loopback(options);
    const Gauge& held = loopback.metrics.gauge("tillstream_http_in_flight_body_bytes", "");
    RawConnection first(*loopback.server);
    first.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 900\r\n\r\n" + std::string(600, 'x'));
    while (held.value() != 600) std::this_thread::yield();
    RawConnection second(*loopback.server);
    second.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 400\r\n\r\nx");
    while (held.value() != 601) std::this_thread::yield();
    first.send(std::string(200, 'x'));
    while (held.value() != 801) std::this_thread::yield();
    second.send(std::string(399, 'x'));
    const ClientResponse refused = second.receive();
    EXPECT_EQ(refused.status, 503);
    EXPECT_TRUE(refused.find("retry-after"));
    EXPECT_TRUE(second.closed_by_peer());
    first.send(std::string(100, 'x'));
    EXPECT_EQ(first.receive().status, 200);
}

TEST(LimitsTest, ABrokenUploadGivesItsBytesBack) {
    Loopback loopback({.body_bytes_max = 1000, .in_flight_bytes_max = 1000});
    const Gauge& held = loopback.metrics.gauge("tillstream_http_in_flight_body_bytes", "");
    {
        RawConnection connection(*loopback.server);
        connection.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 900\r\n\r\nhalf");
        while (held.value() == 0) std::this_thread::yield();
    }
    while (held.value() != 0) std::this_thread::yield();
    RawConnection connection(*loopback.server);
    connection.send(post("/echo", std::string(1000, 'x')));
    EXPECT_EQ(connection.receive().status, 200);
}

TEST(LimitsTest, ARouteMayHaveItsOwnBodyLimitAndGate) {
    Loopback loopback({}, [](Router& router) {
        const auto gate = [](const RequestHead& head) -> std::optional<HttpResponse> {
            if (head.headers.find("authorization")) return std::nullopt;
            return problem_response({.status = 401, .detail = "no token"}, head.request_id);
        };
        EXPECT_TRUE(router.add(Method::post, "/small", testing::echo, {.body_bytes_max = 10, .admit = gate}));
    });
    RawConnection connection(*loopback.server);
    connection.send(post("/small", "body"));
    EXPECT_EQ(connection.receive().status, 401);
    connection.send(
        "POST /small HTTP/1.1\r\nHost: t\r\nAuthorization: x\r\nContent-Length: 10\r\n\r\n0123456789");
    EXPECT_EQ(connection.receive().status, 200);
    connection.send(
        "POST /small HTTP/1.1\r\nHost: t\r\nAuthorization: x\r\nContent-Length: 11\r\n\r\n0123456789x");
    EXPECT_EQ(connection.receive().status, 413);
}

TEST(LimitsTest, MethodsThatReadTakeNoBody) {
    const auto never = [](HttpRequest&&, Responder) { ADD_FAILURE() << "the handler was called"; };
    Loopback loopback({}, [&](Router& router) {
        EXPECT_TRUE(router.add(Method::del, "/gone", never));
        EXPECT_TRUE(router.add(Method::get, "/never", never));
    });
    for (const char* const start : {"GET /never", "HEAD /never", "DELETE /gone"}) {
        for (const char* const framing :
             {"Content-Length: 1", "Content-Length: 16777216", "Transfer-Encoding: chunked"}) {
            RawConnection connection(*loopback.server);
            connection.send(std::string(start) + " HTTP/1.1\r\nHost: t\r\n" + framing + "\r\n\r\n");
            // The answer comes although no byte of the body ever does.
            const ClientResponse refused = connection.receive(std::string_view(start).starts_with("HEAD"));
            EXPECT_EQ(refused.status, 413) << start << " " << framing;
            EXPECT_EQ(refused.find("connection"), "close") << start << " " << framing;
            EXPECT_TRUE(connection.closed_by_peer()) << start << " " << framing;
        }
    }
    EXPECT_EQ(loopback.metrics.gauge("tillstream_http_in_flight_body_bytes", "").value(), 0);
}

TEST(LimitsTest, ABodyOfGetIsNeverReadAsTheNextRequest) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    const std::string inner = get("/items/smuggled");
    connection.send("GET /hello HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(inner.size()) +
                    "\r\n\r\n" + inner);
    EXPECT_EQ(connection.receive().status, 413);
    connection.send("GET /items/7 HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(connection.receive().body, "7");
}

TEST(LimitsTest, ABodyAGetRouteAsksForCountsInFlight) {
    Loopback loopback(patient(), [](Router& router) {
        EXPECT_TRUE(router.add(Method::get, "/search", testing::echo, {.body_bytes_max = 10}));
    });
    const auto search = [](std::string_view body) { return "GET" + post("/search", body).substr(4); };
    RawConnection holder(*loopback.server);
    holder.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 995\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(holder.receive_bytes(), "HTTP/1.1 100 Continue\r\n\r\n");
    RawConnection connection(*loopback.server);
    connection.send(search("0123456789x") + search("0123456789") + search("01234"));
    EXPECT_EQ(connection.receive().status, 413);
    EXPECT_EQ(connection.receive().status, 503);
    EXPECT_EQ(connection.receive().body, "01234");
}

TEST(LimitsTest, WhoTakesALargeAnswerSlowestGoesWhenAnswersAreTooMuch) {
    constexpr std::size_t kAnswer = std::size_t{16} << 20;  // far more than sockets hold
    Loopback loopback({.io_threads = 1, .answer_bytes_max = 3 * kAnswer - 1}, [](Router& router) {
        EXPECT_TRUE(router.add(Method::get, "/large", [](HttpRequest&&, Responder responder) {
            responder.send({.body = std::string(kAnswer, 'x'), .headers = {}});
        }));
    });
    std::vector<RawConnection> slow;
    for (int i = 0; i < 3; ++i) {
        slow.emplace_back(*loopback.server);
        slow.back().send(testing::get("/large"));
        EXPECT_FALSE(slow.back().receive_bytes().empty()) << "it is being answered";
    }
    std::size_t taken = 0;
    for (std::string piece; !(piece = slow[0].receive_bytes()).empty();) taken += piece.size();
    EXPECT_LT(taken, kAnswer) << "the first was told to go";
    for (const int other : {1, 2}) {
        taken = 0;
        while (taken < kAnswer / 2) taken += slow[static_cast<std::size_t>(other)].receive_bytes().size();
    }
    RawConnection quick(*loopback.server);
    quick.send(testing::get("/hello"));
    EXPECT_EQ(quick.receive().status, 200);
}

class Entry final : public internal::TableEntry {
public:
    Entry(std::string address, std::chrono::steady_clock::rep last, bool answering) {
        peer = std::move(address);
        last_request = last;
        busy = answering;
    }
    void evict() override {}
};

TEST(ConnectionTableTest, PrefersVictimsThatAreNotBeingAnswered) {
    internal::ConnectionTable table(2, 9);
    const auto busy = std::make_shared<Entry>("a", 1, true);
    const auto waiting = std::make_shared<Entry>("a", 2, false);
    EXPECT_TRUE(table.add(busy, false).admitted);
    EXPECT_TRUE(table.add(waiting, false).admitted);
    EXPECT_EQ(table.add(std::make_shared<Entry>("b", 3, false), false).victim, waiting);
    EXPECT_EQ(table.add(std::make_shared<Entry>("b", 4, true), false).victim->peer, "b");
    EXPECT_EQ(table.leaving(), 2U);
    EXPECT_EQ(table.add(std::make_shared<Entry>("b", 5, true), false).victim, busy);
    table.remove(*busy);
    EXPECT_EQ(table.leaving(), 2U);
}

}  // namespace
}  // namespace tillstream
