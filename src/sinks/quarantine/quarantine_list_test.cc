#include "sinks/quarantine/quarantine_list.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "adapters/duckdb/duckdb_warehouse.h"
#include "sinks/quarantine/quarantine_sink.h"
#include "tests/contract/warehouse_folder.h"
#include "tests/contract/warehouse_rows.h"
#include "tests/fakes/log_batches.h"

namespace tillstream::testing {
namespace {

constexpr SourceId kSales{5};

class QuarantineListTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto opened = DuckdbWarehouse::open(folder_.file("warehouse.duckdb"), {}, Logger::silent(), metrics_);
        ASSERT_TRUE(opened) << opened.error().message;
        warehouse_ = std::move(*opened);
        sink_ = std::make_unique<QuarantineSink>(
            *warehouse_, [] { return std::vector<SourceInfo>{{kSales, "sales", ShardId{0}, 0}}; });
        ASSERT_TRUE(sink_->prepare());
        list_ = std::make_unique<QuarantineList>(*warehouse_);
    }

    /// `count` rejected records, all of one arrival time.
    void quarantine(std::uint32_t count, FieldErrorCode code, Timestamp arrived) {
        std::vector<std::string> raws;
        std::vector<Rejection> rejections;
        for (std::uint32_t i = 0; i < count; ++i) {
            raws.push_back(fmt::format("{{\"n\":{}}}", stored_ + i));
            rejections.push_back({i, {{code, "/n", "another", std::to_string(stored_ + i)}}});
        }
        LogBatch batch = log_batch(kSales, Offset{stored_}, raws);
        auto records = std::make_shared<RecordBlock>();
        *records = RecordBlock{Buffer(batch.records->values.view()), batch.records->ends, {}, {}, {}};
        records->rejections = std::move(rejections);
        batch.records = std::move(records);
        batch.contract = "sales@0123456789abcdef";
        batch.arrived = arrived;
        SinkBatch commit;
        commit.ranges = {{kSales, Offset{stored_}, Offset{stored_ + count}, "c"}};
        commit.batches.push_back(std::move(batch));
        const Status committed = sink_->commit(commit, Epoch{1});
        ASSERT_TRUE(committed) << committed.error().message;
        stored_ += count;
    }

    QuarantinePage page(const QuarantineFilter& filter, std::string_view cursor, std::size_t limit) {
        auto page = list_->page(filter, cursor, limit);
        EXPECT_TRUE(page) << page.error().message;
        return page ? std::move(*page) : QuarantinePage{};
    }

    Folder folder_;
    Metrics metrics_;
    std::unique_ptr<Warehouse> warehouse_;
    std::unique_ptr<QuarantineSink> sink_;
    std::unique_ptr<QuarantineList> list_;
    std::uint64_t stored_ = 0;
};

TEST_F(QuarantineListTest, pages_show_every_record_once_while_others_arrive) {
    quarantine(7, FieldErrorCode::type, Timestamp{1000});
    quarantine(4, FieldErrorCode::range, Timestamp{2000});
    std::set<std::string> seen;
    std::string cursor;
    for (int pages = 0; pages < 20; ++pages) {
        const QuarantinePage found = page({}, cursor, 3);
        for (const QuarantinedRecord& record : found.records) EXPECT_TRUE(seen.insert(record.id).second);
        if (pages == 1) quarantine(2, FieldErrorCode::type, Timestamp{3000});
        if (!found.next) break;
        cursor = *found.next;
    }
    EXPECT_EQ(seen.size(), 13u);
}

TEST_F(QuarantineListTest, a_row_shows_what_was_received_and_why_it_is_here) {
    quarantine(1, FieldErrorCode::type, Timestamp{1291192000000000});
    const QuarantinePage found = page({}, "", 10);
    ASSERT_EQ(found.records.size(), 1u);
    const QuarantinedRecord& record = found.records[0];
    EXPECT_EQ(record.id, "sales-0-0");
    EXPECT_EQ(record.dataset, "sales");
    EXPECT_EQ(record.raw, R"({"n":0})");
    EXPECT_EQ(record.errors, R"([{"pointer":"/n","code":"type","expected":"another","found":"0"}])");
    EXPECT_EQ(record.arrived, (Timestamp{1291192000000000}));
    EXPECT_EQ(record.state, "open");
    EXPECT_FALSE(record.file_id);
    EXPECT_FALSE(record.resolved_at);
    EXPECT_FALSE(found.next);
}

TEST_F(QuarantineListTest, filters_go_by_dataset_reason_and_state) {
    quarantine(2, FieldErrorCode::type, Timestamp{1000});
    quarantine(3, FieldErrorCode::range, Timestamp{2000});
    EXPECT_EQ(page({.reason = "range"}, "", 10).records.size(), 3u);
    EXPECT_EQ(page({.reason = "rang"}, "", 10).records.size(), 0u);
    EXPECT_EQ(page({.dataset = "sales", .reason = "type", .state = "open"}, "", 10).records.size(), 2u);
    EXPECT_EQ(page({.dataset = "orders"}, "", 10).records.size(), 0u);
    EXPECT_EQ(page({.state = "discarded"}, "", 10).records.size(), 0u);
}

TEST_F(QuarantineListTest, made_up_cursors_are_refused) {
    for (const char* cursor : {"x", "q1.", "q1.zz.a", "q1.ff", "q1.ff.", "p1.1-2"}) {
        const auto found = list_->page({}, cursor, 10);
        ASSERT_FALSE(found) << cursor;
        EXPECT_EQ(found.error().code, Errc::invalid_argument) << cursor;
    }
}

}  // namespace
}  // namespace tillstream::testing
