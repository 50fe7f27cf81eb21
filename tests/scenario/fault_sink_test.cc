// Faults at a sink, behind the verdict: a sick one is retried alone and quarantines nothing, a poison record
// is found and put on record, and the others never wait.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/scenario/pipeline.h"
#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

constexpr int kRecordsPerRequest = 200;
constexpr std::chrono::milliseconds kRequestEvery{50};

class SickSink : public ::testing::TestWithParam<std::pair<const char*, Errc>> {
protected:
    struct Lags {
        std::uint64_t early = 0;  ///< the well sink's greatest in the first third
        std::uint64_t late =
            ~std::uint64_t{0};  ///< ... and its least in the last: a busy machine delays any sink for a while
        std::uint64_t sent = 0;
    };
    /// Steady load for the whole period, every tenth record bad, so that both sinks have work.
    static Lags load(Pipeline& pipeline, std::string_view well) {
        const std::chrono::seconds period(long_run() ? 60 : 15);
        Lags lags;
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0;; ++i) {
            const auto passed = std::chrono::steady_clock::now() - began;
            if (passed >= period) return lags;
            const std::uint64_t lag = pipeline.lag_records(well);
            if (passed < period / 3) lags.early = std::max(lags.early, lag);
            if (passed > period / 3 * 2) lags.late = std::min(lags.late, lag);
            pipeline.post(made_up_sales(1000 * i, kRecordsPerRequest, 10));
            lags.sent += kRecordsPerRequest;
            std::this_thread::sleep_until(began + (i + 1) * kRequestEvery);
        }
    }

    TemporaryFolder folder_;
};

TEST_P(SickSink, IsRetriedAloneAndQuarantinesNothing) {
    const auto [sick, code] = GetParam();
    const std::string well = std::string_view(sick) == "warehouse" ? "quarantine" : "warehouse";
    Pipeline pipeline(folder_.path());
    FaultSink& faults = well == "quarantine" ? pipeline.warehouse() : pipeline.quarantine();
    pipeline.post(made_up_sales(1, 100, 10));
    pipeline.verify();
    faults.be_sick(Error{code, "the disk of this store is on fire"});
    const Lags lags = load(pipeline, well);
    EXPECT_GT(faults.faults(), 10u) << "too few commits failed to prove anything";
    EXPECT_EQ(pipeline.status(sick).state, SinkState::retrying);
    EXPECT_FALSE(pipeline.status(sick).error.empty());
    EXPECT_EQ(pipeline.lag_records(sick), lags.sent) << "a failed commit moved a position";
    EXPECT_LT(lags.late, lags.early + lags.sent / 8) << well << " fell behind";
    EXPECT_TRUE(pipeline.comes_level(well)) << well << " waits for " << sick;
    EXPECT_EQ(pipeline.lag_records(sick), lags.sent);
    EXPECT_EQ(pipeline.control_records(), 0u) << "a sick sink blamed a record";

    faults.be_sick(std::nullopt);
    const Reconciliation result = pipeline.verify();
    EXPECT_TRUE(result.ok);
    EXPECT_EQ(result.received, lags.sent + 100);
    EXPECT_EQ(pipeline.status(sick).state, SinkState::running);
    EXPECT_EQ(pipeline.query_value("SELECT count(*) FROM ops.quarantine"),
              std::to_string(result.quarantined));
}

INSTANTIATE_TEST_SUITE_P(Sinks, SickSink,
                         ::testing::Values(std::pair("warehouse", Errc::io),
                                           std::pair("warehouse", Errc::invalid_argument),
                                           std::pair("quarantine", Errc::unavailable)),
                         [](const auto& test) {
                             return std::string(test.param.first) +
                                    (test.param.second == Errc::invalid_argument ? "_calling_all_data_bad"
                                                                                 : "_failing");
                         });

class PoisonRecord : public ::testing::Test {
protected:
    /// `poisoned` are stock codes.
    static void poison(FaultSink& sink, std::vector<int> poisoned) {
        sink.poison([poisoned = std::move(poisoned)](std::string_view record) {
            return std::any_of(poisoned.begin(), poisoned.end(), [&](int code) {
                return record.find(fmt::format(R"("stock_code":"{}",)", code)) != std::string_view::npos;
            });
        });
    }

    TemporaryFolder folder_;
};

TEST_F(PoisonRecord, IsFoundPutOnRecordAndPassedBy) {
    Pipeline pipeline(folder_.path());
    pipeline.post(made_up_sales(1, 50));
    pipeline.verify();
    poison(pipeline.warehouse(), {1717, 4999});
    const IngestReceipt receipt = pipeline.post(made_up_sales(1000, 5'000, 500));
    pipeline.post(made_up_sales(90'000, 1'000));
    const Reconciliation result = pipeline.verify();
    EXPECT_TRUE(result.ok) << to_json(result);
    // Stock code 4999 is one of the bad ones: the warehouse never stores it, so nobody may refuse it a second
    // time.
    EXPECT_EQ(receipt.quarantined, 10u);
    EXPECT_EQ(result.accepted, 6'040u);
    for (const SinkCheck& sink : result.sinks) {
        EXPECT_EQ(sink.refused, sink.name == "warehouse" ? 1u : 0u);
    }
    EXPECT_EQ(pipeline.control_records(), 1u);
    EXPECT_EQ(pipeline.query_value("SELECT count(*) FROM shop.sales"), "6039");
    EXPECT_EQ(pipeline.query_value("SELECT count(*) FROM shop.sales WHERE stock_code = '1717'"), "0");
    EXPECT_EQ(pipeline.query_value("SELECT count(*) FROM ops.quarantine"), "11");
    EXPECT_EQ(pipeline.query_value(
                  "SELECT count(*) FROM ops.quarantine WHERE id LIKE '%-warehouse' AND stream = 'sales' "
                  "AND raw LIKE '%\"stock_code\":\"1717\"%' AND errors::text LIKE '%cannot hold%' AND "
                  "\"offset\" = " +
                  std::to_string(receipt.offset(1717).value) +
                  " AND shard = " + std::to_string(receipt.shard(1717).value)),
              "1");
}

TEST_F(PoisonRecord, IsFoundAgainAfterARestart) {
    {
        Pipeline pipeline(folder_.path());
        poison(pipeline.warehouse(), {3});
        pipeline.post(made_up_sales(1, 500));
        EXPECT_TRUE(pipeline.verify().ok);
    }
    Pipeline pipeline(folder_.path());
    const Reconciliation result = pipeline.verify();
    EXPECT_TRUE(result.ok) << to_json(result);
    EXPECT_EQ(pipeline.control_records(), 1u) << "a recovery refused the record a second time";
    EXPECT_EQ(pipeline.query_value("SELECT count(*) FROM shop.sales"), "499");
    EXPECT_EQ(pipeline.query_value("SELECT count(*) FROM ops.quarantine"), "1");
}

}  // namespace
}  // namespace tillstream
