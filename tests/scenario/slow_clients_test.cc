// Clients that are slow, silent or half gone: each is ended in its time, stores nothing by halves, and a good
// producer beside them loses nothing.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "net/loopback_test.h"
#include "tests/scenario/scenario.h"
#include "tests/scenario/steady_producer.h"

namespace tillstream {
namespace {

using testing::RawConnection;

constexpr const char* kHead = "POST /v1/streams/sales/records HTTP/1.1\r\nHost: shop\r\n";

class SlowClients : public Scenario {
protected:
    RawConnection connect() {
        const std::string& url = server().url();
        return RawConnection(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
    }
    /// Half of the body that the head promises.
    static std::string half_a_request() {
        const std::string body = made_up_sales(900'000, 1);
        return fmt::format("{}Content-Length: {}\r\n\r\n{}", kHead, body.size(),
                           body.substr(0, body.size() / 2));
    }
    static std::string whole_request() {
        const std::string body = made_up_sales(910'000, 1);
        return fmt::format("{}Content-Length: {}\r\n\r\n{}", kHead, body.size(), body);
    }
    static bool is_served_again(const SteadyProducer& producer) {
        const std::int64_t before = producer.acknowledged();
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (producer.acknowledged() == before && std::chrono::steady_clock::now() < give_up)
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        return producer.acknowledged() != before;
    }
    double metric(const std::string& name) {
        const std::string text = must(client().get("/metrics")).body;
        const std::size_t at = text.find("\n" + name + " ");
        if (at == std::string::npos) return -1;
        return std::strtod(text.c_str() + at + name.size() + 2, nullptr);
    }
};

TEST_F(SlowClients, EachIsEndedInItsTimeAndAGoodProducerNoticesNothing) {
    start({"--http.head_timeout", "500ms"});
    SteadyProducer producer(server().url());
    RawConnection silent = connect();
    RawConnection slow_head = connect();
    slow_head.send(kHead);
    RawConnection slow_body = connect();
    slow_body.send(half_a_request());
    RawConnection half_open_head = connect();
    half_open_head.send(kHead);
    half_open_head.end_sending();
    RawConnection half_open_body = connect();
    half_open_body.send(half_a_request());
    half_open_body.end_sending();
    RawConnection half_open_whole = connect();
    half_open_whole.send(whole_request());
    half_open_whole.end_sending();
    RawConnection reader = connect();
    for (int i = 0; i < 200; ++i) reader.send("GET /openapi.json HTTP/1.1\r\nHost: shop\r\n\r\n");

    EXPECT_TRUE(silent.closed_by_peer());
    EXPECT_EQ(slow_head.receive().status, 408);
    EXPECT_TRUE(slow_head.closed_by_peer());
    EXPECT_TRUE(half_open_head.closed_by_peer());
    EXPECT_TRUE(half_open_body.closed_by_peer());
    EXPECT_EQ(half_open_whole.receive().status, 200) << "it waits for its answer: the request is whole";
    EXPECT_EQ(slow_body.receive().status, 408);
    EXPECT_TRUE(slow_body.closed_by_peer());

    const std::int64_t acknowledged = producer.finish();
    EXPECT_EQ(producer.problem(), "");
    EXPECT_GT(acknowledged, 0);
    EXPECT_EQ(number_of(expect_verified(), "received"), acknowledged + 1);
    EXPECT_EQ(reader.receive().status, 200) << "it may still read";
}

TEST_F(SlowClients, WhenTheServerIsFullTheSilentGoAndNotTheBusy) {
    start({"--http.connections_max", "16"});
    SteadyProducer producer(server().url());
    std::vector<RawConnection> crowd;
    for (int i = 0; i < 40; ++i) {
        // One at a time: whoever asked last is newer than every one of the crowd.
        ASSERT_TRUE(is_served_again(producer));
        crowd.push_back(connect());
        crowd.back().send(kHead);
    }
    ShopClient late = must(ShopClient::open(server().url()));
    EXPECT_EQ(must(late.get("/readyz")).status, 200);
    EXPECT_TRUE(crowd.front().closed_by_peer());
    EXPECT_GE(metric("tillstream_http_connections_closed_total{reason=\"evicted\"}"), 20);
    const std::int64_t acknowledged = producer.finish();
    EXPECT_EQ(producer.problem(), "");
    EXPECT_EQ(number_of(expect_verified(), "received"), acknowledged);
}

}  // namespace
}  // namespace tillstream
