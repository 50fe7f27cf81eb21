#include "sinks/warehouse/warehouse_sink.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "adapters/duckdb/duckdb_warehouse.h"
#include "contract/contract_file.h"
#include "contract/row_decoder.h"
#include "tests/contract/warehouse_folder.h"
#include "tests/contract/warehouse_rows.h"

namespace tillstream::testing {
namespace {

constexpr const char* kSales = R"toml(name = "sales"
partition_key = "invoice_no"
event_time = "invoice_date"
unknown = "keep"
measures = ["quantity", "line_total"]
[[column]]
name = "invoice_no"
type = "string"
required = true
[[column]]
name = "stock_code"
type = "string"
required = true
[[column]]
name = "description"
type = "string"
[[column]]
name = "quantity"
type = "int64"
required = true
[[column]]
name = "invoice_date"
type = "timestamp"
required = true
[[column]]
name = "unit_price"
type = "decimal(18,4)"
required = true
[[column]]
name = "customer_id"
type = "int64"
[[column]]
name = "country"
type = "string"
[[derived]]
name = "line_total"
type = "decimal(38,4)"
sql = "quantity * unit_price"
)toml";

ContractPtr sales() {
    auto contract = parse_contract(kSales, "sales.toml");
    EXPECT_TRUE(contract) << contract.error().message;
    return *contract;
}

/// Rows of "invoice,stock,description,quantity,date,price,customer,country,surprise" as a batch of the log.
LogBatch log_batch(const ContractPtr& contract, SourceId source, std::uint64_t base,
                   const std::vector<std::vector<std::string_view>>& rows) {
    RowDecoder decoder(contract);
    const std::vector<std::string_view> names = {"invoice_no",  "stock_code",   "description",
                                                 "quantity",    "invoice_date", "unit_price",
                                                 "customer_id", "country",      "surprise"};
    const auto header = decoder.bind_header(names);
    EXPECT_TRUE(header);
    decoder.start(std::make_shared<Buffer>(), rows.size());
    for (const auto& row : rows) decoder.add_texts(*header, row);
    LogBatch batch;
    batch.source = source;
    batch.base = Offset{base};
    batch.arrived = Timestamp{1291192000000000};
    batch.contract = contract->id();
    batch.rows.batch = decoder.finish();
    auto records = std::make_shared<RecordBlock>();
    for (std::uint32_t row = 0; row < batch.rows.batch->rows(); ++row) {
        batch.rows.rows.push_back(row);
        records->values.append(batch.rows.batch->raw(row));
        records->values.push_back('\n');
        records->ends.push_back(static_cast<std::uint32_t>(records->values.size()));
    }
    const auto rejections = batch.rows.batch->rejections();
    records->rejections.assign(rejections.begin(), rejections.end());
    batch.records = std::move(records);
    return batch;
}

class WarehouseSinkTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto opened = DuckdbWarehouse::open(folder_.file("warehouse.duckdb"), {}, Logger::silent(), metrics_);
        ASSERT_TRUE(opened) << opened.error().message;
        warehouse_ = std::move(*opened);
        sink_ = std::make_unique<WarehouseSink>(*warehouse_, [] {
            return std::vector<SourceInfo>{{SourceId{5}, "sales", ShardId{0}, 0},
                                           {SourceId{6}, "sales", ShardId{1}, 0}};
        });
    }

    SinkBatch two_shards() const {
        SinkBatch batch;
        batch.batches.push_back(
            log_batch(contract_, SourceId{5}, 10,
                      {{"536365", "85123A", "WHITE HOLDER", "6", "2010-12-01T08:26:00Z", "2.55", "17850",
                        " United Kingdom ", "x"},
                       {"536365", "71053", "", "six", "2010-12-01T08:26:00Z", "3.39", "17850", "", ""},
                       {"536366", "71053", "", "-1", "2010-12-01T08:27:00Z", "3.39", "", "France", ""}}));
        batch.batches.push_back(log_batch(contract_, SourceId{6}, 0,
                                          {{"536367", "84406B", "A LONG DESCRIPTION OF CREAM CUPID HEARTS",
                                            "8", "2010-12-01T08:28:00Z", "2.75", "13047", "EIRE", ""}}));
        batch.ranges = {{SourceId{5}, Offset{10}, Offset{13}, "c5"},
                        {SourceId{6}, Offset{0}, Offset{1}, "c6"}};
        return batch;
    }

    /// Positions 10 and 0, as two_shards expects them.
    void start_at_ten() {
        SinkBatch before;
        before.ranges = {{SourceId{5}, Offset{0}, Offset{10}, "c"}};
        ASSERT_TRUE(sink_->commit(before, Epoch{1}));
    }

    std::vector<std::vector<std::string>> rows(std::string_view sql) {
        const Table table = run(*warehouse_, sql);
        EXPECT_EQ(table.error, "");
        return table.rows;
    }

    Folder folder_;
    Metrics metrics_;
    ContractPtr contract_ = sales();
    std::unique_ptr<Warehouse> warehouse_;
    std::unique_ptr<WarehouseSink> sink_;
};

using Rows = std::vector<std::vector<std::string>>;

TEST_F(WarehouseSinkTest, accepted_rows_and_positions_are_stored_together) {
    start_at_ten();
    const Status committed = sink_->commit(two_shards(), Epoch{1});
    ASSERT_TRUE(committed) << committed.error().message;
    EXPECT_EQ(rows("SELECT invoice_no, quantity, unit_price, line_total, customer_id, extra, stream, shard, "
                   "\"offset\", "
                   "file_id, row_number, arrived_at FROM sales ORDER BY shard, \"offset\""),
              (Rows{{"536365", "6", "2.55", "15.30", "17850", R"({"surprise":"x"})", "sales", "0", "10",
                     "null", "null", "2010-12-01T08:26:40Z"},
                    {"536366", "-1", "3.39", "-3.39", "null", R"({"surprise":""})", "sales", "0", "12",
                     "null", "null", "2010-12-01T08:26:40Z"},
                    {"536367", "8", "2.75", "22.00", "13047", R"({"surprise":""})", "sales", "1", "0", "null",
                     "null", "2010-12-01T08:26:40Z"}}));
    const auto positions = sink_->positions();
    ASSERT_TRUE(positions);
    EXPECT_EQ(positions->size(), 2u);
}

TEST_F(WarehouseSinkTest, the_same_batch_twice_is_a_conflict_and_stored_once) {
    start_at_ten();
    ASSERT_TRUE(sink_->commit(two_shards(), Epoch{1}));
    const Status again = sink_->commit(two_shards(), Epoch{1});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::conflict);
    EXPECT_EQ(count_of(*warehouse_, "SELECT count(*) FROM sales"), 3);
}

TEST_F(WarehouseSinkTest, the_table_has_the_promised_columns_and_types) {
    start_at_ten();
    ASSERT_TRUE(sink_->commit(two_shards(), Epoch{1}));
    const Table table = run(*warehouse_, "SELECT * FROM shop.sales LIMIT 0");
    EXPECT_EQ(table.names, (std::vector<std::string>{"invoice_no", "stock_code", "description", "quantity",
                                                     "invoice_date", "unit_price", "customer_id", "country",
                                                     "line_total", "extra", "event_id", "stream", "shard",
                                                     "offset", "file_id", "row_number", "arrived_at"}));
    EXPECT_EQ(table.types,
              (std::vector<std::string>{"text", "text", "text", "bigint", "timestamptz", "decimal(18,4)",
                                        "bigint", "text", "decimal(38,4)", "json", "text", "text", "integer",
                                        "bigint", "text", "bigint", "timestamptz"}));
}

TEST_F(WarehouseSinkTest, clean_batch_shows_the_original_cleaning_under_the_original_names) {
    start_at_ten();
    ASSERT_TRUE(sink_->commit(two_shards(), Epoch{1}));
    EXPECT_EQ(rows("SELECT invoiceno, stockcode, quantity, invoicedate, unitprice, customerid, country FROM "
                   "clean_batch "
                   "ORDER BY 1"),
              (Rows{{"536365", "85123A", "6", "2010-12-01T08:26:00Z", "2.55", "17850", "united kingdom"},
                    {"536367", "84406B", "8", "2010-12-01T08:28:00Z", "2.75", "13047", "eire"}}));
}

TEST_F(WarehouseSinkTest, probe_and_rehearsal_leave_no_trace) {
    ASSERT_TRUE(sink_->probe());
    ASSERT_TRUE(sink_->rehearse(two_shards()));
    EXPECT_EQ(count_of(*warehouse_, "SELECT count(*) FROM sales"), 0);
    start_at_ten();
    ASSERT_TRUE(sink_->commit(two_shards(), Epoch{1}));
    ASSERT_TRUE(sink_->probe());
    EXPECT_EQ(count_of(*warehouse_, "SELECT count(*) FROM sales"), 3);
    EXPECT_EQ(count_of(*warehouse_, "SELECT count(*) FROM ops.sink_probe"), 0);
}

TEST_F(WarehouseSinkTest, an_unknown_source_is_refused) {
    SinkBatch batch;
    batch.batches.push_back(log_batch(contract_, SourceId{99}, 0,
                                      {{"1", "2", "", "1", "2010-12-01T08:26:00Z", "1", "", "", ""}}));
    const Status refused = sink_->commit(batch, Epoch{1});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::not_found);
}

TEST_F(WarehouseSinkTest, control_batches_are_not_wanted) {
    LogBatch control;
    control.kind = BatchKind::control;
    EXPECT_FALSE(sink_->wants(control));
    EXPECT_TRUE(sink_->wants(two_shards().batches[0]));
}

}  // namespace
}  // namespace tillstream::testing
