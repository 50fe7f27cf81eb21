// A paused sink costs the others nothing: under load their lag stays where it was, and it catches up
// afterwards.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <thread>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

constexpr int kRecordsPerRequest = 200;
constexpr std::chrono::milliseconds kRequestEvery{50};

/// One producer at a steady rate; every tenth record is bad, so that both sinks have work.
class SteadyProducer {
public:
    explicit SteadyProducer(const std::string& url) : thread_([this, url] { run(url); }) {}
    ~SteadyProducer() { finish(); }
    /// Records acknowledged; the first answer that was no 200 is in problem().
    std::int64_t finish() {
        stopping_ = true;
        if (thread_.joinable()) thread_.join();
        return acknowledged_;
    }
    const std::string& problem() const { return problem_; }

private:
    void run(const std::string& url) {
        auto client = ShopClient::open(url);
        auto next = std::chrono::steady_clock::now();
        for (int i = 0; client && !stopping_ && problem_.empty(); ++i) {
            const auto answer = client->post_json("/v1/streams/sales/records",
                                                  made_up_sales(1000 * i, kRecordsPerRequest, 10));
            if (answer)
                acknowledged_ += kRecordsPerRequest;
            else
                problem_ = answer.error().message;
            next += kRequestEvery;
            std::this_thread::sleep_until(next);
        }
    }

    std::atomic<bool> stopping_{false};
    std::int64_t acknowledged_ = 0;
    std::string problem_;
    std::thread thread_;
};

class PausedSink : public Scenario,
                   public ::testing::WithParamInterface<std::pair<const char*, const char*>> {
protected:
    bool comes_level(const char* sink) {
        for (int i = 0; i < 600; ++i) {
            if (must(client().lag_records(sink)) == 0) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
        }
        return false;
    }
};

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
