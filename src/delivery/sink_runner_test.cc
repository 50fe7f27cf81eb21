#include "delivery/sink_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

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

class SinkRunnerTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto contracts = ContractStore::open(fs_, "/state", {{"till.toml", kContract}}, "");
        ASSERT_TRUE(contracts) << contracts.error().message;
        contracts_ = std::move(*contracts);
        till_ = log_.register_stream("till", 2)->front().id;
        other_ = log_.register_stream("till", 2)->back().id;
        system_ = log_.register_stream(kSystemStream, 1)->front().id;
        policy_.retry_first = 1ms;
        policy_.retry_max = 2ms;
    }
    std::unique_ptr<Delivery> delivery() {
        return std::make_unique<Delivery>(SinkSurroundings{log_, *contracts_, fs_, "/state", system_clock(),
                                                           Epoch{1}, system_, Logger::silent(), metrics_});
    }
    void append(SourceId source, const std::vector<std::string>& receipts) {
        std::vector<std::string> lines;
        for (const std::string& receipt : receipts) lines.push_back("{\"receipt\":\"" + receipt + "\"}");
        LogBatch batch = log_batch(source, Offset{0}, lines);
        batch.contract = contracts_->find("till")->id();
        std::vector<LogBatch> batches;
        batches.push_back(std::move(batch));
        log_.append(std::move(batches), [](const Result<Appended>& done) { ASSERT_TRUE(done); });
    }
    bool all_stored(const FakeSink& sink, std::size_t count) {
        return eventually([&] { return sink.stored().size() == count; });
    }

    MemoryFilesystem fs_;
    Metrics metrics_;
    MemoryLog log_{system_clock()};
    std::unique_ptr<ContractStore> contracts_;
    SourceId till_, other_, system_;
    SinkPolicy policy_;
};

TEST_F(SinkRunnerTest, EverySinkGetsEveryRecordOnce) {
    FakeSink first("first"), second("second");
    append(till_, {"a", "b"});
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(first, policy_));
    ASSERT_TRUE(delivery->add(second, policy_));
    append(other_, {"c"});
    append(till_, {"d"});
    EXPECT_TRUE(delivery->drain(log_.durable_end(), kSoon));
    for (const FakeSink* sink : {&first, &second}) {
        EXPECT_EQ(sink->stored().size(), 4U);
        for (const auto& [id, times] : sink->stored()) EXPECT_EQ(times, 1);
    }
}

TEST_F(SinkRunnerTest, ARestartGoesOnFromTheStoresOwnPosition) {
    FakeSink sink("warehouse");
    append(till_, {"a", "b", "c"});
    {
        auto delivery = this->delivery();
        ASSERT_TRUE(delivery->add(sink, policy_));
        ASSERT_TRUE(all_stored(sink, 3));
    }
    append(till_, {"d"});
    log_.forget_rows();
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    ASSERT_TRUE(all_stored(sink, 4));
    for (const auto& [id, times] : sink.stored()) EXPECT_EQ(times, 1);
}

TEST_F(SinkRunnerTest, AFailingSinkIsRetriedAndDelaysNoOther) {
    FakeSink sick("sick"), well("well");
    sick.fail_commits(Error{Errc::io, "disk gone"});
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sick, policy_));
    ASSERT_TRUE(delivery->add(well, policy_));
    append(till_, {"a", "b"});
    ASSERT_TRUE(all_stored(well, 2));
    ASSERT_TRUE(eventually([&] { return sick.commits() > 3; }));
    const SinkStatus status = delivery->status().front();
    EXPECT_EQ(status.state, SinkState::retrying);
    EXPECT_EQ(status.error, "disk gone");
    EXPECT_GT(status.lag_bytes, 0U);
    sick.fail_commits(std::nullopt);
    EXPECT_TRUE(all_stored(sick, 2));
    EXPECT_TRUE(eventually([&] { return delivery->status().front().state == SinkState::running; }));
}

TEST_F(SinkRunnerTest, APoisonRecordIsTakenOutAndOnRecord) {
    FakeSink sink("warehouse");
    sink.fail_records([](std::string_view record) -> std::optional<Error> {
        if (record.find("poison") == std::string_view::npos) return std::nullopt;
        return Error{Errc::invalid_argument, "value out of range"};
    });
    append(till_, {"a", "poison", "b"});
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    append(till_, {"c"});
    ASSERT_TRUE(all_stored(sink, 3));
    EXPECT_EQ(sink.stored().count({till_, Offset{1}}), 0U);

    auto reader = log_.open_reader("");
    ASSERT_TRUE(reader);
    const auto read = (*reader)->read(1 << 20);
    ASSERT_TRUE(read);
    std::vector<SinkReject> rejects;
    for (const LogBatch& batch : read->batches) {
        if (batch.source != system_) continue;
        rejects.push_back(parse_sink_reject(batch.records->value(0)).value());
    }
    ASSERT_EQ(rejects.size(), 1U);
    EXPECT_EQ(rejects[0].sink, "warehouse");
    EXPECT_EQ(rejects[0].stream, "till");
    EXPECT_EQ(rejects[0].offset, Offset{1});
    EXPECT_EQ(rejects[0].error, "value out of range");
    EXPECT_EQ(rejects[0].raw, R"({"receipt":"poison"})");
}

TEST_F(SinkRunnerTest, ASickSinkQuarantinesNothing) {
    FakeSink sink("warehouse");
    sink.fail_commits(Error{Errc::invalid_argument, "everything is wrong"});
    sink.fail_probes(Error{Errc::invalid_argument, "everything is wrong"});
    append(till_, {"a", "b", "c"});
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    ASSERT_TRUE(eventually([&] { return sink.commits() > 3; }));
    EXPECT_EQ(log_.durable_end().back().next, Offset{0}) << "no sink_reject in the system stream";
    sink.fail_commits(std::nullopt);
    sink.fail_probes(std::nullopt);
    EXPECT_TRUE(all_stored(sink, 3));
}

TEST_F(SinkRunnerTest, APoisonRecordWaitsWhenItCannotBePutOnRecord) {
    FakeSink sink("warehouse");
    sink.fail_records([](std::string_view record) -> std::optional<Error> {
        if (record.find("poison") == std::string_view::npos) return std::nullopt;
        return Error{Errc::invalid_argument, "value out of range"};
    });
    append(till_, {"a", "poison"});
    log_.refuse_appends(Error{Errc::resource_exhausted, "journal is at its budget"});
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    ASSERT_TRUE(eventually([&] { return sink.commits() > 3; }));
    EXPECT_TRUE(sink.stored().empty()) << "going on before the refusal is durable would lose the record";
    log_.refuse_appends(std::nullopt);
    EXPECT_TRUE(all_stored(sink, 1));
}

TEST_F(SinkRunnerTest, APausedSinkKeepsStillAcrossARestartAndCatchesUp) {
    FakeSink sink("warehouse");
    {
        auto delivery = this->delivery();
        ASSERT_TRUE(delivery->add(sink, policy_));
        ASSERT_TRUE(delivery->pause("warehouse"));
        ASSERT_TRUE(delivery->pause("warehouse"));
        append(till_, {"a"});
        ASSERT_TRUE(eventually([&] { return delivery->status().front().oldest_waiting.has_value(); }));
        EXPECT_EQ(delivery->status().front().state, SinkState::paused);
    }
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    ASSERT_TRUE(eventually([&] { return delivery->status().front().oldest_waiting.has_value(); }));
    EXPECT_TRUE(sink.stored().empty());
    ASSERT_TRUE(delivery->resume("warehouse"));
    EXPECT_TRUE(all_stored(sink, 1));
    EXPECT_EQ(delivery->pause("none").error().code, Errc::not_found);
}

TEST_F(SinkRunnerTest, AStalePositionIsReadAgain) {
    FakeSink sink("warehouse");
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    append(till_, {"a"});
    ASSERT_TRUE(all_stored(sink, 1));
    ASSERT_TRUE(delivery->pause("warehouse"));
    append(till_, {"b", "c"});
    sink.move_position(till_, Offset{2});
    ASSERT_TRUE(delivery->resume("warehouse"));
    ASSERT_TRUE(all_stored(sink, 2));
    EXPECT_EQ(sink.stored().count({till_, Offset{2}}), 1U);
    EXPECT_EQ(sink.stored().count({till_, Offset{1}}), 0U) << "the other process has stored it";
}

TEST_F(SinkRunnerTest, APositionBeyondTheLogStopsTheSink) {
    FakeSink sink("warehouse");
    sink.move_position(till_, Offset{5});
    append(till_, {"a"});
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    ASSERT_TRUE(eventually([&] { return delivery->status().front().state == SinkState::stopped; }));
    EXPECT_THAT(delivery->status().front().error, ::testing::HasSubstr("log-truncated"));
    EXPECT_TRUE(sink.stored().empty());
}

TEST_F(SinkRunnerTest, ARequiredSinkAtItsBoundClosesTheIntakeUntilItCaughtUp) {
    FakeSink sink("warehouse");
    policy_.lag_bytes_max = 100;
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    EXPECT_FALSE(delivery->overload());
    ASSERT_TRUE(delivery->pause("warehouse"));
    append(till_, std::vector<std::string>(20, "receipt"));
    EXPECT_TRUE(eventually([&] { return delivery->overload().has_value(); }));
    EXPECT_TRUE(delivery->overload()) << "at the bound every request is refused";
    ASSERT_TRUE(delivery->resume("warehouse"));
    EXPECT_TRUE(eventually([&] { return !delivery->overload().has_value(); }));
}

TEST_F(SinkRunnerTest, AStoreOfALaterRunIsNeverWrittenTo) {
    FakeSink sink("warehouse");
    sink.move_position(till_, Offset{0}, Epoch{9});
    append(till_, {"a"});
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    ASSERT_TRUE(eventually([&] { return delivery->status().front().state == SinkState::stopped; }));
    EXPECT_THAT(delivery->status().front().error, ::testing::HasSubstr("later run"));
    EXPECT_TRUE(sink.stored().empty());
    EXPECT_EQ(log_.durable_end().back().next, Offset{0}) << "nothing was blamed on the record";
}

TEST_F(SinkRunnerTest, AContractThatCannotBeReadIsTriedAgainAndEndsNothing) {
    FakeSink sink("warehouse");
    append(till_, {"a", "b"});
    log_.forget_rows();
    const std::string id = contracts_->find("till")->id();
    // Another version in force: the stored one must come from its file, which is not there for a while.
    auto renewed =
        ContractStore::open(fs_, "/state", {{"till.toml", std::string(kContract) + "\n# changed\n"}}, "");
    ASSERT_TRUE(renewed) << renewed.error().message;
    contracts_ = std::move(*renewed);
    const std::string path = "/state/contracts/" + id + ".toml";
    const auto text = read_file(fs_, path);
    ASSERT_TRUE(text);
    ASSERT_TRUE(fs_.remove(path));
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    ASSERT_TRUE(eventually([&] { return delivery->status().front().state == SinkState::retrying; }));
    ASSERT_TRUE(write_file_atomic(fs_, path, *text));
    EXPECT_TRUE(all_stored(sink, 2));
}

TEST_F(SinkRunnerTest, PiecesNeverMoveAPositionBack) {
    FakeSink sink("warehouse");
    append(till_, {"a0", "a1", "a2"});
    append(other_, {"b0", "b1"});
    for (int deaths = 0; deaths < 3; ++deaths) {
        SinkMemory memory(fs_, "/state", "warehouse");
        ASSERT_TRUE(memory.load());
        ASSERT_TRUE(memory.begin_run(encode_position({})));
    }
    std::atomic<int> failures{3};
    sink.fail_records([&](std::string_view record) -> std::optional<Error> {
        if (record.find("b0") == std::string_view::npos || failures-- <= 0) return std::nullopt;
        return Error{Errc::unavailable, "not now"};
    });
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    ASSERT_TRUE(all_stored(sink, 5));
    for (const auto& [id, times] : sink.stored()) EXPECT_EQ(times, 1);
    EXPECT_FALSE(sink.moved_back());
}

TEST_F(SinkRunnerTest, OnlyTheRecordThatKillsIsRefusedWhateverFailsBehindIt) {
    FakeSink sink("warehouse");
    append(till_, {"killer", "a1", "a2"});
    for (int deaths = 0; deaths < 3; ++deaths) {
        SinkMemory memory(fs_, "/state", "warehouse");
        ASSERT_TRUE(memory.load());
        ASSERT_TRUE(memory.begin_run(encode_position({})));
        ASSERT_TRUE(memory.mark_attempt(encode_position({}), 1));
    }
    std::atomic<int> failures{2};
    sink.fail_records([&](std::string_view record) -> std::optional<Error> {
        if (record.find("a1") == std::string_view::npos || failures-- <= 0) return std::nullopt;
        return Error{Errc::unavailable, "not now"};
    });
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    ASSERT_TRUE(all_stored(sink, 2));
    EXPECT_LE(failures, 0);
}

TEST_F(SinkRunnerTest, AKillWhileAFailedPieceIsWaitedForBlamesNobody) {
    FakeSink sink("warehouse");
    append(till_, {"a0"});
    for (int run = 0; run < 12; ++run) {
        std::atomic<bool> tried{false};
        sink.fail_records([&](std::string_view) -> std::optional<Error> {
            tried = true;
            return Error{Errc::unavailable, "sick"};
        });
        policy_.retry_first = policy_.retry_max = 1h;
        auto delivery = this->delivery();
        ASSERT_TRUE(delivery->add(sink, policy_));
        ASSERT_TRUE(
            eventually([&] { return tried && delivery->status().front().state == SinkState::retrying; }));
        const auto killed = read_file(fs_, "/state/sinks/warehouse.state");
        delivery.reset();
        ASSERT_TRUE(write_file_atomic(fs_, "/state/sinks/warehouse.state", *killed));
    }
    sink.fail_records([](std::string_view) { return std::nullopt; });
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    EXPECT_TRUE(all_stored(sink, 1));
}

TEST_F(SinkRunnerTest, ASinkThatOnlyPassesByIsNotStuckInRetrying) {
    FakeSink sink("warehouse");
    sink.want_nothing();
    sink.fail_commits(Error{Errc::unavailable, "not now"});
    append(till_, {"a"});
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    EXPECT_TRUE(delivery->progress("warehouse")->wait_for({{till_, Offset{1}}}, kSoon))
        << "passing by needs no commit";
    ASSERT_TRUE(eventually([&] { return delivery->status().front().state == SinkState::retrying; }));
    sink.fail_commits(std::nullopt);
    EXPECT_TRUE(eventually([&] { return delivery->status().front().state == SinkState::running; }));
}

TEST_F(SinkRunnerTest, AnAnnouncedSinkIsShownAndCountsAgainstTheIntake) {
    auto delivery = this->delivery();
    append(till_, {"before"});
    delivery->announce("warehouse", 100);
    EXPECT_FALSE(delivery->overload());
    append(till_, std::vector<std::string>(20, "receipt"));
    EXPECT_TRUE(eventually([&] { return delivery->overload().has_value(); }));
    EXPECT_EQ(delivery->status().front().state, SinkState::retrying);
    FakeSink sink("warehouse");
    ASSERT_TRUE(delivery->add(sink, policy_));
    EXPECT_EQ(delivery->status().size(), 1U);
    EXPECT_TRUE(eventually([&] { return !delivery->overload().has_value(); }));
}

TEST_F(SinkRunnerTest, WaitingForAPositionEndsWhenTheSinkReachesIt) {
    FakeSink sink("warehouse");
    auto delivery = this->delivery();
    ASSERT_TRUE(delivery->add(sink, policy_));
    EXPECT_FALSE(delivery->progress("warehouse")->wait_for({{till_, Offset{1}}}, 1ms));
    append(till_, {"a"});
    EXPECT_TRUE(delivery->progress("warehouse")->wait_for({{till_, Offset{1}}}, kSoon));
    EXPECT_EQ(delivery->progress("nobody"), nullptr);
}

}  // namespace
}  // namespace tillstream
