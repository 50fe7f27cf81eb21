#include "reconcile/reconcile.h"

#include <gtest/gtest.h>

#include "adapters/memory/memory_log.h"
#include "core/memory_env.h"
#include "quarantine/sink_reject.h"
#include "tests/fakes/log_batches.h"

namespace tillstream {
namespace {

using namespace std::chrono_literals;

constexpr const char* kContract = R"(
name = "till"
measures = ["pieces"]
[[column]]
name = "receipt"
type = "string"
required = true
[[column]]
name = "pieces"
type = "int64"
)";

class ReconcileTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto contracts = ContractStore::open(fs_, "/state", {{"till.toml", kContract}}, "");
        ASSERT_TRUE(contracts) << contracts.error().message;
        contracts_ = std::move(*contracts);
        till_ = log_.register_stream("till", 1)->front().id;
        system_ = log_.register_stream(kSystemStream, 1)->front().id;
    }
    /// Two good records (5 pieces) and a rejected one.
    void append_three() {
        LogBatch batch =
            log_batch(till_, Offset{0},
                      {R"({"receipt":"a","pieces":2})", R"({"pieces":9})", R"({"receipt":"b","pieces":3})"});
        auto records = std::make_shared<RecordBlock>();
        records->values.append(batch.records->values.view());
        records->ends = batch.records->ends;
        records->rejections = {{1, {{FieldErrorCode::required, "receipt", "string", ""}}}};
        batch.records = records;
        batch.contract = contracts_->find("till")->id();
        append(std::move(batch));
    }
    void append(LogBatch batch) {
        std::vector<LogBatch> batches;
        batches.push_back(std::move(batch));
        log_.append(std::move(batches), [](const Result<Appended>& done) { ASSERT_TRUE(done); });
    }
    Reconciliation run(StoreFigures facts, std::uint64_t quarantined, bool in_time = true) {
        Reconciler reconciler(log_, *contracts_);
        add(reconciler, "warehouse", StoreContent::accepted, std::move(facts), in_time);
        add(reconciler, "quarantine", StoreContent::quarantined, {quarantined, {}}, true);
        auto result = reconciler.run("till", 1ms);
        EXPECT_TRUE(result) << result.error().message;
        return std::move(*result);
    }
    static void add(Reconciler& reconciler, std::string name, StoreContent content, StoreFigures figures,
                    bool in_time) {
        StoreUnderCheck store;
        store.name = std::move(name);
        store.content = content;
        store.scan = [figures](const Contract&, std::span<const ShardEnd>) {
            return Result<StoreFigures>(figures);
        };
        store.positions = [] { return Result<std::vector<SinkPosition>>(std::vector<SinkPosition>{}); };
        store.wait_for = [in_time](const Position&, std::chrono::milliseconds) { return in_time; };
        reconciler.add(std::move(store));
    }

    MemoryFilesystem fs_;
    MemoryLog log_{system_clock()};
    std::unique_ptr<ContractStore> contracts_;
    SourceId till_, system_;
};

TEST_F(ReconcileTest, EqualStoresAddUp) {
    append_three();
    const Reconciliation result = run({2, {{"pieces", 5, 0}}}, 1);
    EXPECT_TRUE(result.ok);
    EXPECT_EQ(result.received, 3U);
    EXPECT_EQ(result.accepted, 2U);
    EXPECT_EQ(result.quarantined, 1U);
    EXPECT_EQ(to_json(result).substr(0, 73),
              R"({"stream":"till","received":3,"accepted":2,"duplicates":0,"quarantined":1)");
}

TEST_F(ReconcileTest, AMissingOrDoubledRowOrAWrongSumIsSeen) {
    append_three();
    EXPECT_FALSE(run({1, {{"pieces", 5, 0}}}, 1).ok);
    EXPECT_FALSE(run({3, {{"pieces", 5, 0}}}, 1).ok);
    EXPECT_FALSE(run({2, {{"pieces", 6, 0}}}, 1).ok);
    EXPECT_FALSE(run({2, {{"pieces", 5, 0}}}, 0).ok);
}

TEST_F(ReconcileTest, AStoreThatIsBehindIsNotOk) {
    append_three();
    const Reconciliation result = run({2, {{"pieces", 5, 0}}}, 1, false);
    EXPECT_FALSE(result.ok);
    ASSERT_EQ(result.sinks[1].name, "warehouse");
    EXPECT_FALSE(result.sinks[1].ok);
    EXPECT_TRUE(result.sinks[0].ok);
}

TEST_F(ReconcileTest, ARecordTheSinkRefusedIsNotExpectedInItEvenIfOnRecordTwice) {
    append_three();
    const SinkReject reject{"warehouse",    "till",
                            ShardId{0},     till_,
                            Offset{2},      contracts_->find("till")->id(),
                            "out of range", R"({"receipt":"b","pieces":3})"};
    append(sink_reject_batch(system_, {reject}));
    append(sink_reject_batch(system_, {reject}));
    const Reconciliation result = run({1, {{"pieces", 2, 0}}}, 1);
    EXPECT_TRUE(result.ok);
    ASSERT_EQ(result.sinks[1].name, "warehouse");
    EXPECT_EQ(result.sinks[1].refused, 1U);
}

TEST_F(ReconcileTest, AStoreIsAskedOnlyForWhatItHolds) {
    append_three();
    EXPECT_TRUE(run({2, {}}, 1).ok);
    EXPECT_FALSE(run({1, {}}, 1).ok);
    Reconciler reconciler(log_, *contracts_);
    StoreUnderCheck other;
    other.name = "tables";
    other.holds = [](const Contract& contract) { return contract.name == "sales"; };
    reconciler.add(std::move(other));
    const auto result = reconciler.run("till", 1ms);
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->ok);
    EXPECT_TRUE(result->sinks.empty());
}

TEST_F(ReconcileTest, AnUnknownStreamIsNotFound) {
    Reconciler reconciler(log_, *contracts_);
    EXPECT_EQ(reconciler.run("tills", 1ms).error().code, Errc::not_found);
}

}  // namespace
}  // namespace tillstream
