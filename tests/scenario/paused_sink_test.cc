// A paused sink costs the others nothing: under load their lag stays where it was, and it catches up
// afterwards.
#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <thread>

#include "tests/scenario/scenario.h"
#include "tests/scenario/steady_producer.h"

namespace tillstream {
namespace {

class PausedSink : public Scenario,
                   public ::testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(PausedSink, DoesNotHoldUpTheOther) {
    const auto [paused, other] = GetParam();
    const auto period = std::chrono::seconds(long_run() ? 60 : 15);
    start();
    must(client().pause(paused));
    SteadyProducer producer(server().url());
    const auto began = std::chrono::steady_clock::now();
    std::int64_t early = 0;  // the other's greatest lag in the first third
    std::int64_t late = std::numeric_limits<std::int64_t>::max();  // ... and its least in the last
    while (std::chrono::steady_clock::now() - began < period) {
        const std::int64_t lag = must(client().lag_records(other));
        const auto passed = std::chrono::steady_clock::now() - began;
        if (passed < period / 3) early = std::max(early, lag);
        if (passed > period / 3 * 2) late = std::min(late, lag);
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    const std::int64_t held_back = must(client().lag_records(paused));
    const std::int64_t acknowledged = producer.finish();
    EXPECT_EQ(producer.problem(), "");
    RecordProperty("acknowledged", static_cast<int>(acknowledged));
    // One that is held up is behind by everything since the pause. A busy machine delays any sink for a
    // while: so the least of the last third counts, and that it comes level while the other still stands.
    EXPECT_GT(held_back, acknowledged / 2) << "the pause did not hold";
    EXPECT_LT(late, early + acknowledged / 8) << other << " fell behind while " << paused << " was paused";
    EXPECT_TRUE(comes_level(other)) << other << " waits for " << paused;
    EXPECT_EQ(must(client().lag_records(paused)), acknowledged);

    must(client().resume(paused));
    const json::Value verified = expect_verified();
    EXPECT_EQ(number_of(verified, "received"), acknowledged);
    EXPECT_EQ(must(client().lag_records(paused)), 0);
}

INSTANTIATE_TEST_SUITE_P(EachSink, PausedSink,
                         ::testing::Values(std::pair("warehouse", "quarantine"),
                                           std::pair("quarantine", "warehouse"),
                                           std::pair("tables", "warehouse")),
                         [](const auto& test) { return std::string(test.param.first); });

class SinkBehindItsLimit : public Scenario {
protected:
    /// Until ingest answers anything but 200, or for so many requests; what was acknowledged.
    std::int64_t load_until_refused(std::optional<ClientResponse>& refused) {
        std::int64_t acknowledged = 0;
        for (int i = 0; i < 2'000 && !refused; ++i) {
            ClientResponse answer =
                must(client().post("/v1/streams/sales/records", made_up_sales(1000 * i, kRecords)));
            if (answer.status == 200)
                acknowledged += kRecords;
            else
                refused = std::move(answer);
        }
        return acknowledged;
    }
    /// Once a producer that tries again is taken; false if it is not within a minute.
    bool is_taken_again() {
        for (int i = 0; i < 600; ++i) {
            const auto answer =
                must(client().post("/v1/streams/sales/records", made_up_sales(9'000'000, kRecords)));
            if (answer.status == 200) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
        }
        return false;
    }
    static constexpr int kRecords = 1'000;
};

TEST_F(SinkBehindItsLimit, ClosesTheIntakeUntilItHasCaughtUp) {
    start({"--delivery.lag_bytes_max", "4MiB", "--log.segment_bytes", "1MiB", "--log.seal_bytes", "1MiB",
           "--log.keep_bytes", "0B"});
    const std::string position = text_of(post(made_up_sales(8'000'000, kRecords)), "position");
    must(client().get_json("/v1/invoices/8000000?after=" + position));
    must(client().pause("tables"));
    std::optional<ClientResponse> refused;
    const std::int64_t acknowledged = kRecords + load_until_refused(refused);
    ASSERT_TRUE(refused) << acknowledged << " records were taken without an end";
    EXPECT_EQ(refused->status, 503) << refused->body;
    EXPECT_TRUE(refused->find("Retry-After"));
    EXPECT_NE(refused->body.find("tables"), std::string::npos) << refused->body;
    EXPECT_GT(acknowledged, kRecords);

    EXPECT_EQ(number_of(must(client().get_json("/v1/invoices/8000000")), "lines"), 5);
    EXPECT_EQ(must(client().get("/readyz")).status, 200);
    EXPECT_EQ(must(client().get("/v1/streams/sales/records?limit=10")).status, 200);
    must(client().query_value("SELECT count(*) FROM shop.sales"));

    must(client().resume("tables"));
    EXPECT_TRUE(is_taken_again()) << "the intake stays closed";
    EXPECT_EQ(number_of(expect_verified(), "accepted"), acknowledged + kRecords);
}

class SinkAfterKills : public Scenario {};

TEST_F(SinkAfterKills, IdleKillsBlameNoRecord) {
    start();
    post(made_up_sales(1, 100));
    expect_verified();
    for (int i = 0; i < 5; ++i) {
        server().kill_now();
        start();
    }
    post(made_up_sales(100, 5'000));
    post(made_up_sales(10'000, 20'000));
    const json::Value verified = expect_verified();
    EXPECT_EQ(number_of(verified, "accepted"), 25'100);
    EXPECT_EQ(must(client().query_value("SELECT count(*) FROM ops.quarantine")), "0");
}

}  // namespace
}  // namespace tillstream
