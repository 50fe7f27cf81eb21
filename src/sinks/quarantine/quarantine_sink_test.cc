#include "sinks/quarantine/quarantine_sink.h"

#include <gtest/gtest.h>

#include "adapters/duckdb/duckdb_warehouse.h"
#include "quarantine/sink_reject.h"
#include "sinks/warehouse/figures.h"
#include "tests/contract/warehouse_folder.h"
#include "tests/contract/warehouse_rows.h"
#include "tests/fakes/log_batches.h"

namespace tillstream::testing {
namespace {

constexpr SourceId kSales{5};
constexpr SourceId kSystem{1};

class QuarantineSinkTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto opened = DuckdbWarehouse::open(folder_.file("warehouse.duckdb"), {}, Logger::silent(), metrics_);
        ASSERT_TRUE(opened) << opened.error().message;
        warehouse_ = std::move(*opened);
        sink_ = std::make_unique<QuarantineSink>(*warehouse_, [] {
            return std::vector<SourceInfo>{{kSystem, "system", ShardId{0}, 0},
                                           {kSales, "sales", ShardId{2}, 0}};
        });
        ASSERT_TRUE(sink_->prepare());
    }

    /// Records 10 to 12 of the shard, of which the middle one was rejected for two reasons.
    static SinkBatch one_bad() {
        LogBatch batch = log_batch(kSales, Offset{10}, {R"({"a":1})", R"({"Quantity":"six"})", R"({"a":3})"});
        auto records = std::make_shared<RecordBlock>();
        *records = RecordBlock{Buffer(batch.records->values.view()), batch.records->ends, {}, {}, {}};
        records->rejections = {{1,
                                {{FieldErrorCode::type, "/Quantity", "int64", "six"},
                                 {FieldErrorCode::required, "/invoice_no", "a value", ""}}}};
        batch.records = std::move(records);
        batch.contract = "sales@0123456789abcdef";
        batch.arrived = Timestamp{1291192000000000};
        SinkBatch out;
        out.batches.push_back(std::move(batch));
        out.ranges = {{kSales, Offset{0}, Offset{13}, "c"}};
        return out;
    }

    static SinkBatch one_refused(std::uint64_t from) {
        const SinkReject reject{"tables",         "sales",
                                ShardId{2},       kSales,
                                Offset{11},       "sales@0123456789abcdef",
                                "value too long", "{\"a\":\"\u00fc\"}"};
        SinkBatch out;
        out.batches.push_back(sink_reject_batch(kSystem, {reject, reject}));
        out.batches.back().kind = BatchKind::control;
        out.ranges = {{kSystem, Offset{from}, Offset{from + 2}, ""}};
        return out;
    }

    Folder folder_;
    Metrics metrics_;
    std::unique_ptr<Warehouse> warehouse_;
    std::unique_ptr<QuarantineSink> sink_;
};

TEST_F(QuarantineSinkTest, a_rejected_record_is_a_row_with_its_raw_text_and_all_errors) {
    const Status committed = sink_->commit(one_bad(), Epoch{1});
    ASSERT_TRUE(committed) << committed.error().message;
    const Table table = run(*warehouse_, "SELECT * FROM ops.quarantine");
    ASSERT_EQ(table.rows.size(), 1u) << table.error;
    EXPECT_EQ(table.names, (std::vector<std::string>{"id", "dataset", "stream", "shard", "offset", "file_id",
                                                     "row_number", "raw", "errors", "arrived_at", "state",
                                                     "resolved_by", "resolved_at"}));
    EXPECT_EQ(table.rows[0],
              (std::vector<std::string>{
                  "sales-2-11", "sales", "sales", "2", "11", "null", "null", R"({"Quantity":"six"})",
                  R"([{"pointer":"/Quantity","code":"type","expected":"int64","found":"six"},)"
                  R"({"pointer":"/invoice_no","code":"required","expected":"a value","found":""}])",
                  "2010-12-01T08:26:40Z", "open", "null", "null"}));
}

TEST_F(QuarantineSinkTest, the_same_batch_twice_is_one_row) {
    ASSERT_TRUE(sink_->commit(one_bad(), Epoch{1}));
    const Status again = sink_->commit(one_bad(), Epoch{1});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::conflict);
    EXPECT_EQ(count_of(*warehouse_, "SELECT count(*) FROM quarantine"), 1);
}

TEST_F(QuarantineSinkTest, what_a_sink_refused_is_one_row_however_often_it_is_told) {
    ASSERT_TRUE(sink_->commit(one_bad(), Epoch{1}));
    ASSERT_TRUE(sink_->commit(one_refused(0), Epoch{1}));
    ASSERT_TRUE(sink_->commit(one_refused(2), Epoch{1}));
    const Table table =
        run(*warehouse_, "SELECT id, dataset, raw, errors->0->>'found' FROM quarantine ORDER BY id");
    ASSERT_EQ(table.rows.size(), 2u) << table.error;
    EXPECT_EQ(table.rows[1], (std::vector<std::string>{"sales-2-11-tables", "sales", "{\"a\":\"\u00fc\"}",
                                                       "value too long"}));
}

TEST_F(QuarantineSinkTest, figures_count_what_ingest_rejected_below_the_end) {
    ASSERT_TRUE(sink_->commit(one_bad(), Epoch{1}));
    ASSERT_TRUE(sink_->commit(one_refused(0), Epoch{1}));
    Contract sales;
    sales.name = "sales";
    const auto rows = [&](std::uint64_t end) {
        const ShardEnd shard{ShardId{2}, Offset{end}};
        const auto figures = scan_quarantine(*warehouse_, sales, {&shard, 1});
        EXPECT_TRUE(figures) << figures.error().message;
        return figures ? figures->rows : 99;
    };
    EXPECT_EQ(rows(13), 1u);
    EXPECT_EQ(rows(11), 0u);
}

TEST_F(QuarantineSinkTest, wants_rejected_and_control_records_only) {
    EXPECT_TRUE(sink_->wants(one_bad().batches[0]));
    EXPECT_TRUE(sink_->wants(one_refused(0).batches[0]));
    EXPECT_FALSE(sink_->wants(log_batch(kSales, Offset{0}, {"{}"})));
}

TEST_F(QuarantineSinkTest, probe_and_rehearsal_leave_no_trace) {
    ASSERT_TRUE(sink_->probe());
    ASSERT_TRUE(sink_->rehearse(one_bad()));
    EXPECT_EQ(count_of(*warehouse_, "SELECT count(*) FROM quarantine"), 0);
    EXPECT_TRUE(sink_->positions()->empty());
}

}  // namespace
}  // namespace tillstream::testing
