#include "log/journal.h"

#include <gtest/gtest.h>

#include "log/internal/journal_fixture.h"
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

TEST_F(JournalTest, EpochGrowsAtEachOpen) {
    const Epoch first = journal_->epoch();
    open();
    EXPECT_GT(journal_->epoch(), first);
}

}  // namespace
}  // namespace tillstream
