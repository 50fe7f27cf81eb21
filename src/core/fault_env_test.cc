#include "core/fault_env.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/memory_env.h"

namespace tillstream {
namespace {

class FaultFilesystemTest : public testing::Test {
protected:
    std::unique_ptr<File> open() { return std::move(*fs_.open("a", {.write = true, .create = true})); }

    MemoryFilesystem memory_;
    FaultFilesystem fs_{memory_};
    const Error full_{Errc::resource_exhausted, "disk full"};
};

TEST_F(FaultFilesystemTest, FailsTheNthCallFromNow) {
    const auto file = open();
    ASSERT_TRUE(file->sync());
    fs_.fail(FileCall::sync, 2, full_);
    EXPECT_TRUE(file->sync());
    const Status failed = file->sync();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message, "disk full");
    EXPECT_EQ(failed.error().code, Errc::resource_exhausted);
    EXPECT_TRUE(file->sync());
    EXPECT_EQ(fs_.calls(FileCall::sync), 4U);
}

TEST_F(FaultFilesystemTest, FailsForGoodIfStickyUntilHealed) {
    const auto file = open();
    fs_.fail(FileCall::read, 1, full_, true);
    char byte;
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(file->read_at(0, &byte, 1));
    EXPECT_TRUE(file->sync()) << "other calls work";
    fs_.heal();
    EXPECT_TRUE(file->read_at(0, &byte, 1));
}

TEST_F(FaultFilesystemTest, ASyncThatFailsHasSyncedNothing) {
    ASSERT_TRUE(write_file_atomic(fs_, "a", "old"));
    const auto file = open();
    ASSERT_TRUE(file->write_at(0, "new"));
    fs_.fail(FileCall::sync, 1, full_);
    ASSERT_FALSE(file->sync());
    memory_.crash(MemoryFilesystem::Loss::all);
    EXPECT_EQ(*read_file(memory_, "a"), "old");
}

TEST_F(FaultFilesystemTest, AFailedWriteLeavesSomePrefixDecidedByNth) {
    const auto left_by = [&](std::uint64_t nth) {
        MemoryFilesystem memory;
        FaultFilesystem fs(memory);
        const auto file = std::move(*fs.open("a", {.write = true, .create = true}));
        fs.fail(FileCall::write, nth, full_);
        for (std::uint64_t i = 1; i < nth; ++i) EXPECT_TRUE(file->write_at(0, ""));
        EXPECT_FALSE(file->write_at(0, "0123456789"));
        return *read_file(memory, "a");
    };
    std::set<std::string> outcomes;
    for (std::uint64_t nth = 1; nth <= 20; ++nth) {
        const std::string left = left_by(nth);
        EXPECT_EQ(left, std::string("0123456789").substr(0, left.size()));
        EXPECT_EQ(left, left_by(nth));
        outcomes.insert(left);
    }
    EXPECT_GT(outcomes.size(), 2U);
}

TEST_F(FaultFilesystemTest, AnyCountsEveryNamedCall) {
    ASSERT_TRUE(write_file_atomic(fs_, "a", "x"));  // open, truncate, write, sync, rename, sync_dir
    EXPECT_EQ(fs_.calls(FileCall::any), 6U);
    for (std::uint64_t nth = 1; nth <= 6; ++nth) {
        fs_.fail(FileCall::any, nth, full_);
        EXPECT_FALSE(write_file_atomic(fs_, "a", "y")) << "call " << nth;
        fs_.heal();
    }
    EXPECT_TRUE(write_file_atomic(fs_, "a", "y"));
    EXPECT_EQ(*memory_.list("."), std::vector<std::string>{"a"});
}

TEST_F(FaultFilesystemTest, AtomicReplacementSurvivesAnyFaultAndPowerCut) {
    for (std::uint64_t nth = 1; nth <= 6; ++nth) {
        for (std::uint64_t seed = 0; seed < 16; ++seed) {
            ASSERT_TRUE(write_file_atomic(fs_, "a", "the old content"));
            fs_.fail(FileCall::any, nth, full_);
            ASSERT_FALSE(write_file_atomic(fs_, "a", "the new one"));
            fs_.heal();
            memory_.crash(MemoryFilesystem::Loss::random, seed);
            const std::string content = *read_file(memory_, "a");
            EXPECT_TRUE(content == "the old content" || content == "the new one")
                << "'" << content << "', fault at " << nth << ", seed " << seed;
        }
    }
}

TEST_F(FaultFilesystemTest, FailsCallsOnNames) {
    static_cast<void>(open());
    const std::set<FileCall> named{FileCall::open, FileCall::rename, FileCall::remove, FileCall::sync_dir};
    for (const FileCall call : named) fs_.fail(call, 1, full_);
    EXPECT_FALSE(fs_.open("a", {}));
    EXPECT_FALSE(fs_.rename("a", "b"));
    EXPECT_FALSE(fs_.remove("a"));
    EXPECT_FALSE(fs_.sync_dir("."));
    EXPECT_TRUE(*fs_.exists("a"));
}

}  // namespace
}  // namespace tillstream
