#include "delivery/replay.h"

#include <gtest/gtest.h>

#include "adapters/memory/memory_log.h"
#include "core/memory_env.h"
#include "delivery/delivery.h"
#include "quarantine/sink_reject.h"
#include "tests/fakes/fake_sink.h"
#include "tests/fakes/log_batches.h"

namespace tillstream {
namespace {

using namespace std::chrono_literals;

constexpr const char* kContract = R"(
name = "till"
[[column]]
name = "receipt"
type = "string"
required = true
)";
constexpr auto kSoon = 10s;  // far more than any of this takes; reached only when something is wrong

template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kSoon;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

class ReplayTest : public ::testing::TestWithParam<bool> {
protected:
    void SetUp() override {
        auto contracts = ContractStore::open(fs_, "/state", {{"till.toml", kContract}}, "");
        ASSERT_TRUE(contracts) << contracts.error().message;
        contracts_ = std::move(*contracts);
        till_ = log_.register_stream("till", 2)->front().id;
        system_ = log_.register_stream(kSystemStream, 1)->front().id;
        policy_.retry_first = 1ms;
        policy_.retry_max = 2ms;
        if (GetParam()) sink_.make_replaceable();
        delivery_ = std::make_unique<Delivery>(SinkSurroundings{
            log_, *contracts_, fs_, "/state", clock_, Epoch{1}, system_, Logger::silent(), metrics_});
        ASSERT_TRUE(delivery_->add(sink_, policy_));
    }
    void append(const std::vector<std::string>& receipts) {
        std::vector<std::string> lines;
        for (const std::string& receipt : receipts) lines.push_back("{\"receipt\":\"" + receipt + "\"}");
        LogBatch batch = log_batch(till_, Offset{0}, lines);
        batch.contract = contracts_->find("till")->id();
        std::vector<LogBatch> batches;
        batches.push_back(std::move(batch));
        log_.append(std::move(batches), [](const Result<Appended>& done) { ASSERT_TRUE(done); });
        appended_ += receipts.size();
    }
    bool level() {
        return eventually([&] { return delivery_->progress("sink")->covers(log_.durable_end()); });
    }
    ReplayStatus replay(const ReplayRange& range = {}) {
        const Status asked = delivery_->replay("sink", range);
        EXPECT_TRUE(asked) << asked.error().message;
        EXPECT_TRUE(eventually([&] {
            const ReplayState state = delivery_->replay_status("sink")->state;
            return state == ReplayState::done || state == ReplayState::failed;
        }));
        return *delivery_->replay_status("sink");
    }
    /// Every record is there, and once.
    void expect_whole() {
        ASSERT_TRUE(level());
        const auto stored = sink_.stored();
        EXPECT_EQ(stored.size(), appended_);
        for (const auto& [row, times] : stored) EXPECT_EQ(times, 1) << row.second.value;
    }

    ManualClock clock_{Timestamp{1'000'000}};
    MemoryFilesystem fs_;
    Metrics metrics_;
    MemoryLog log_{clock_};
    std::unique_ptr<ContractStore> contracts_;
    FakeSink sink_{"sink"};
    SourceId till_, system_;
    SinkPolicy policy_;
    std::size_t appended_ = 0;
    std::unique_ptr<Delivery> delivery_;
};

INSTANTIATE_TEST_SUITE_P(Sinks, ReplayTest, ::testing::Bool(),
                         [](const auto& sink) { return sink.param ? "Replaceable" : "RebuiltWhole"; });

TEST_P(ReplayTest, AWrongStoreIsRightAgain) {
    append({"a", "b", "c"});
    append({"d"});
    ASSERT_TRUE(level());
    sink_.lose({till_, Offset{1}});
    sink_.store_twice({till_, Offset{2}});
    const ReplayStatus status = replay();
    EXPECT_EQ(status.state, ReplayState::done);
    EXPECT_EQ(status.whole, !GetParam());
    EXPECT_EQ(status.stored, 4u);
    EXPECT_EQ(status.passed, status.total);
    expect_whole();
}

TEST_P(ReplayTest, RecordsThatArriveMeanwhileAreStoredOnce) {
    append({"a", "b"});
    ASSERT_TRUE(level());
    ASSERT_TRUE(delivery_->replay("sink", {}));
    for (int i = 0; i < 50; ++i) append({"x", "y"});
    ASSERT_TRUE(eventually([&] { return delivery_->replay_status("sink")->state == ReplayState::done; }));
    expect_whole();
}

TEST_P(ReplayTest, ARangeOfArrivalTimesReplacesOnlyItself) {
    append({"a", "b"});
    clock_.advance(60s);
    append({"c", "d"});
    clock_.advance(60s);
    append({"e"});
    ASSERT_TRUE(level());
    for (std::uint64_t i = 0; i < 5; ++i) sink_.lose({till_, Offset{i}});
    const ReplayStatus status =
        replay({Timestamp{1'000'000 + 30'000'000}, Timestamp{1'000'000 + 90'000'000}});
    EXPECT_EQ(status.state, ReplayState::done);
    ASSERT_TRUE(level());
    EXPECT_EQ(sink_.stored().size(), GetParam() ? 2u : 5u);
    EXPECT_EQ(sink_.stored().count({till_, Offset{2}}), 1u);
    EXPECT_EQ(sink_.stored().count({till_, Offset{3}}), 1u);
}

TEST_P(ReplayTest, AnEmptyLogIsReplayedAtOnce) {
    EXPECT_EQ(replay().state, ReplayState::done);
    append({"a"});
    expect_whole();
}

TEST_P(ReplayTest, AFailingStoreIsTriedAgain) {
    append({"a", "b"});
    ASSERT_TRUE(level());
    sink_.fail_commits(Error{Errc::unavailable, "the disk is away"});
    ASSERT_TRUE(delivery_->replay("sink", {}));
    append({"c"});
    ASSERT_TRUE(eventually([&] { return !delivery_->status()[0].error.empty(); }));
    EXPECT_NE(delivery_->replay_status("sink")->state, ReplayState::done);
    sink_.fail_commits(std::nullopt);
    ASSERT_TRUE(eventually([&] { return delivery_->replay_status("sink")->state == ReplayState::done; }));
    expect_whole();
}

TEST_P(ReplayTest, OneAtATimeAndNotOfNobody) {
    append({"a"});
    ASSERT_TRUE(level());
    ASSERT_TRUE(delivery_->pause("sink"));
    ASSERT_TRUE(delivery_->replay("sink", {}));
    const Status second = delivery_->replay("sink", {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
    EXPECT_EQ(delivery_->replay_status("sink")->state, ReplayState::waiting);
    EXPECT_NE(delivery_->replay_status("sink")->error.find("paused"), std::string::npos);
    ASSERT_TRUE(delivery_->resume("sink"));
    ASSERT_TRUE(eventually([&] { return delivery_->replay_status("sink")->state == ReplayState::done; }));
    EXPECT_EQ(delivery_->replay("nobody", {}).error().code, Errc::not_found);
    delivery_->announce("later", 1 << 20);
    EXPECT_EQ(delivery_->replay("later", {}).error().code, Errc::unavailable);
    EXPECT_EQ(delivery_->pause("later").error().code, Errc::unavailable);
}

}  // namespace
}  // namespace tillstream
