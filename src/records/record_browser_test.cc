#include "records/record_browser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "adapters/memory/memory_log.h"

namespace tillstream {
namespace {

LogBatch lines(SourceId source, std::uint32_t first, std::uint32_t count, bool with_ids = false) {
    auto block = std::make_shared<RecordBlock>();
    for (std::uint32_t i = 0; i < count; ++i) {
        block->values.append(fmt::format("{{\"n\":{}}}\n", first + i));
        block->ends.push_back(static_cast<std::uint32_t>(block->values.size()));
        if (!with_ids) continue;
        block->event_ids.append(fmt::format("id{}", first + i));
        block->event_id_ends.push_back(static_cast<std::uint32_t>(block->event_ids.size()));
    }
    LogBatch batch;
    batch.source = source;
    batch.records = block;
    return batch;
}

LogBatch with_rejection(LogBatch batch, std::uint32_t index) {
    auto block = std::make_shared<RecordBlock>();
    block->values.append(batch.records->values.view());
    block->ends = batch.records->ends;
    block->rejections.push_back({index, {{FieldErrorCode::type, "/Quantity", "int64", "six"}}});
    batch.records = block;
    return batch;
}

class RecordBrowserTest : public ::testing::Test {
protected:
    void SetUp() override {
        sources_ = *log_.register_stream("sales", 2);
        append(lines(sources_[0].id, 0, 5, true));
        append(lines(sources_[1].id, 100, 3));
        append(with_rejection(lines(sources_[0].id, 5, 5), 2));
    }
    void append(LogBatch batch) {
        std::vector<LogBatch> batches;
        batches.push_back(std::move(batch));
        log_.append(std::move(batches), [](Result<Appended> done) { ASSERT_TRUE(done); });
    }

    ManualClock clock_{Timestamp{1'000'000}};
    MemoryLog log_{clock_};
    std::vector<SourceInfo> sources_;
    RecordBrowser browser_{log_};
};

TEST_F(RecordBrowserTest, pages_hold_every_record_of_the_shard_once) {
    std::vector<std::string> raws;
    Offset from{};
    for (int pages = 0; pages < 10; ++pages) {
        const auto page = browser_.page("sales", ShardId{0}, from, 3);
        ASSERT_TRUE(page) << page.error().message;
        for (const SeenRecord& record : page->records) {
            EXPECT_EQ(record.offset.value, raws.size());
            raws.emplace_back(record.raw);
        }
        if (!page->next) break;
        from = *page->next;
    }
    ASSERT_EQ(raws.size(), 10u);
    for (std::size_t i = 0; i < raws.size(); ++i) EXPECT_EQ(raws[i], fmt::format("{{\"n\":{}}}", i));
}

TEST_F(RecordBrowserTest, verdicts_ids_and_times_belong_to_their_records) {
    const auto page = browser_.page("sales", ShardId{0}, Offset{3}, 100);
    ASSERT_TRUE(page);
    ASSERT_EQ(page->records.size(), 7u);
    EXPECT_EQ(page->records[0].event_id, "id3");
    EXPECT_EQ(page->records[2].event_id, "");
    EXPECT_EQ(page->records[0].arrived, (Timestamp{1'000'000}));
    for (const SeenRecord& record : page->records)
        EXPECT_EQ(record.rejection != nullptr, record.offset == Offset{7}) << record.offset.value;
    EXPECT_EQ(page->records[4].rejection->errors[0].pointer, "/Quantity");
    EXPECT_FALSE(page->next);
}

TEST_F(RecordBrowserTest, beyond_the_end_there_is_nothing) {
    const auto page = browser_.page("sales", ShardId{1}, Offset{3}, 10);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->records.empty());
    EXPECT_FALSE(page->next);
    const auto exact = browser_.page("sales", ShardId{1}, Offset{0}, 3);
    ASSERT_TRUE(exact);
    EXPECT_EQ(exact->records.size(), 3u);
    EXPECT_FALSE(exact->next);
}

TEST_F(RecordBrowserTest, unknown_streams_and_shards_are_named) {
    EXPECT_EQ(browser_.page("orders", ShardId{0}, Offset{}, 1).error().message, "no stream named orders");
    EXPECT_EQ(browser_.page("sales", ShardId{2}, Offset{}, 1).error().message,
              "stream sales has no shard 2: there are 0 to 1");
}

}  // namespace
}  // namespace tillstream
