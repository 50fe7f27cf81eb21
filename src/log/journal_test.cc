#include "log/journal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "log/internal/journal_fixture.h"
#include "log/internal/published.h"
#include "tests/contract/log_batches.h"

namespace tillstream {
namespace {

using testing::append_and_wait;
using testing::batch_of;
using testing::JournalFixture;
using testing::one;
using testing::read_all;

class JournalTest : public ::testing::Test {
protected:
    void SetUp() override { open(); }
    void open() {
        const Status opened = journal_.open();
        ASSERT_TRUE(opened) << opened.error().message;
        source_ = journal_->register_stream("sales", 1)->front().id;
    }
    void append(const std::string& value) {
        const auto answer = append_and_wait(*journal_, one(batch_of(source_, {value})));
        ASSERT_TRUE(answer) << answer.error().message;
    }

    MemoryFilesystem fs_;
    JournalFixture journal_{fs_};
    SourceId source_;
};

TEST_F(JournalTest, ManySegmentsAreReadAsOneLog) {
    std::vector<std::string> values;
    for (int i = 0; i < 200; ++i) {
        values.push_back(std::string(10000, static_cast<char>('a' + i % 26)));
        append(values.back());
    }
    for (const ReadFrom from : {ReadFrom::nearest, ReadFrom::storage}) {
        const auto all = read_all(*journal_, {}, from);
        ASSERT_TRUE(all) << all.error().message;
        EXPECT_TRUE(all->gaps.empty());
        EXPECT_EQ(all->values(), values);
    }
    open();
    const auto again = read_all(*journal_);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->values(), values);
}

TEST_F(JournalTest, WhatLeavesTheMemoryIsFreedBehindTheCallback) {
    journal_.options().tail_bytes = 1;
    open();
    std::atomic<bool> freed = false;
    LogBatch batch = batch_of(source_, {"evicted at once"});
    const auto block = std::move(batch.records);
    batch.records = {block.get(), [&freed](const RecordBlock*) { freed = true; }};
    std::promise<bool> freed_before;
    journal_->append(one(std::move(batch)),
                     [&](const Result<Appended>&) { freed_before.set_value(freed.load()); });
    EXPECT_FALSE(freed_before.get_future().get());
    journal_->close();
    EXPECT_TRUE(freed);
}

TEST_F(JournalTest, MemoryCountsRejections) {
    const std::string long_text(1000, 'f');
    const Rejection rejection{0, {{FieldErrorCode::type, "/Quantity", "int64", long_text}}};
    const std::size_t plain = journal::memory_of(one(batch_of(source_, {"x"})));
    EXPECT_GE(journal::memory_of(one(batch_of(source_, {"x"}, {rejection}))), plain + long_text.size());
}

TEST_F(JournalTest, TheLargestRequestFollowsSegmentAndQueue) {
    JournalOptions given;
    given.segment_bytes = std::uint64_t{1} << 20;
    MemoryFilesystem fs;
    JournalFixture small_segments(fs, given);
    ASSERT_TRUE(small_segments.open());
    EXPECT_EQ(small_segments->capabilities().max_request_bytes, given.segment_bytes / 4 * 3);
    given.queue_bytes = 100'000;
    JournalFixture small_queue(fs, given, "other");
    ASSERT_TRUE(small_queue.open());
    EXPECT_EQ(small_queue->capabilities().max_request_bytes, given.queue_bytes);
    const SourceId source = small_queue->register_stream("sales", 1)->front().id;
    EXPECT_TRUE(append_and_wait(*small_queue, one(batch_of(source, {std::string(99'000, 'x')}))));
    given.queue_bytes = 100;
    EXPECT_EQ(JournalFixture(fs, given, "third").open().error().code, Errc::invalid_argument);
}

TEST_F(JournalTest, OfARequestThatIsTooLargeWhenEncodedNothingIsQueued) {
    const std::size_t most = journal_->capabilities().max_request_bytes;
    // The values alone would fit.
    const Rejection rejection{0, {{FieldErrorCode::type, "/Quantity", "int64", std::string(most, 'f')}}};
    std::vector<LogBatch> batches = one(batch_of(source_, {"valid"}));
    batches.push_back(batch_of(source_, {"rejected"}, {rejection}));
    const auto answer = append_and_wait(*journal_, std::move(batches));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::invalid_argument);
    append("next");
    EXPECT_EQ(read_all(*journal_)->values(), std::vector<std::string>{"next"});
}

TEST_F(JournalTest, SourcesAreLimitedByWhatASegmentCanName) {
    const auto many = journal_->register_stream("many", 20'000);
    ASSERT_FALSE(many);
    EXPECT_EQ(many.error().code, Errc::resource_exhausted);
    EXPECT_TRUE(journal_->register_stream("some", 1000));
    append("fits behind the checkpoints");
}

TEST_F(JournalTest, EpochGrowsAtEachOpen) {
    const Epoch first = journal_->epoch();
    open();
    EXPECT_GT(journal_->epoch(), first);
}

}  // namespace
}  // namespace tillstream
