#include "core/memory_env.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "core/bytes.h"

namespace tillstream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Loss = MemoryFilesystem::Loss;

class MemoryFilesystemTest : public testing::Test {
protected:
    MemoryFilesystemTest() { EXPECT_TRUE(fs_.make_dirs("d")); }

    std::unique_ptr<File> open(const std::string& path) {
        return std::move(*fs_.open(path, {.write = true, .create = true}));
    }
    void write(const std::string& path, std::string_view bytes) {
        ASSERT_TRUE(open(path)->write_at(0, bytes));
    }
    void write_durable(const std::string& path, std::string_view bytes) {
        ASSERT_TRUE(write_file_atomic(fs_, path, bytes));
    }
    std::string read(const std::string& path) {
        auto content = read_file(fs_, path);
        return content ? *content : std::string(to_string(content.error().code));
    }
    std::vector<std::string> names(const std::string& dir) { return *fs_.list(dir); }

    MemoryFilesystem fs_;
};

TEST_F(MemoryFilesystemTest, ForgetsUnsyncedBytes) {
    write_durable("d/a", "old old");
    const auto file = open("d/a");
    ASSERT_TRUE(file->write_at(0, "new"));
    ASSERT_TRUE(file->write_at(7, " and more"));
    fs_.crash(Loss::all);
    EXPECT_EQ(read("d/a"), "old old");
}

TEST_F(MemoryFilesystemTest, KeepsSyncedBytes) {
    write_durable("d/a", "old");
    const auto file = open("d/a");
    ASSERT_TRUE(file->write_at(600, "new"));
    ASSERT_TRUE(file->truncate(602));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(file->write_at(0, "lost"));
    fs_.crash(Loss::all);
    std::string expected(602, '\0');
    expected.replace(0, 3, "old").replace(600, 2, "ne");
    EXPECT_EQ(read("d/a"), expected);
}

TEST_F(MemoryFilesystemTest, ForgetsAnUnsyncedTruncate) {
    write_durable("d/a", std::string(2000, 'x'));
    const auto file = open("d/a");
    ASSERT_TRUE(file->truncate(10));
    ASSERT_TRUE(file->truncate(2000));
    fs_.crash(Loss::all);
    EXPECT_EQ(read("d/a"), std::string(2000, 'x'));
}

TEST_F(MemoryFilesystemTest, SyncsTheZerosBetweenShrinkingAndGrowing) {
    write_durable("d/a", std::string(2000, 'x'));
    const auto file = open("d/a");
    ASSERT_TRUE(file->truncate(10));
    ASSERT_TRUE(file->truncate(2000));
    ASSERT_TRUE(file->sync());
    fs_.crash(Loss::all);
    EXPECT_EQ(read("d/a"), std::string(10, 'x') + std::string(1990, '\0'));
}

TEST_F(MemoryFilesystemTest, LosesANewFileWhoseFolderWasNotSynced) {
    const auto file = open("d/a");
    ASSERT_TRUE(file->write_at(0, "x"));
    ASSERT_TRUE(file->sync());
    fs_.crash(Loss::all);
    EXPECT_THAT(names("d"), IsEmpty());
}

TEST_F(MemoryFilesystemTest, KeepsOnlyTheNameOfANewFileThatWasNotSynced) {
    write("d/a", "x");
    ASSERT_TRUE(fs_.sync_dir("d"));
    fs_.crash(Loss::all);
    EXPECT_EQ(read("d/a"), "");
}

TEST_F(MemoryFilesystemTest, UndoesRenamesAndRemovalsThatWereNotSynced) {
    write_durable("d/a", "a");
    write_durable("d/b", "b");
    write_durable("d/c", "c");
    ASSERT_TRUE(fs_.rename("d/a", "d/b"));
    ASSERT_TRUE(fs_.remove("d/c"));
    EXPECT_THAT(names("d"), ElementsAre("b"));
    fs_.crash(Loss::all);
    EXPECT_THAT(names("d"), ElementsAre("a", "b", "c"));
    EXPECT_EQ(read("d/b"), "b");
}

TEST_F(MemoryFilesystemTest, SyncsOnlyTheFolderAskedFor) {
    ASSERT_TRUE(fs_.make_dirs("e"));
    write("d/a", "");
    write("e/b", "");
    ASSERT_TRUE(fs_.sync_dir("d"));
    fs_.crash(Loss::all);
    EXPECT_THAT(names("d"), ElementsAre("a"));
    EXPECT_THAT(names("e"), IsEmpty());
}

TEST_F(MemoryFilesystemTest, NeverSplitsARenameBetweenFolders) {
    ASSERT_TRUE(fs_.make_dirs("e"));
    write_durable("d/a", "old");
    write_durable("e/b", "target");
    ASSERT_TRUE(fs_.rename("d/a", "e/b"));
    ASSERT_TRUE(fs_.sync_dir("e"));
    fs_.crash(Loss::all);
    EXPECT_THAT(names("d"), IsEmpty());
    EXPECT_EQ(read("e/b"), "old");
}

TEST_F(MemoryFilesystemTest, AppliesNamesInOrderAcrossARename) {
    ASSERT_TRUE(fs_.make_dirs("e"));
    write_durable("d/a", "moved");
    write("e/b", "replaced");
    ASSERT_TRUE(fs_.rename("d/a", "e/b"));
    ASSERT_TRUE(fs_.sync_dir("d"));
    ASSERT_TRUE(fs_.sync_dir("e"));
    fs_.crash(Loss::all);
    EXPECT_EQ(read("e/b"), "moved");
}

TEST_F(MemoryFilesystemTest, BringsBackAFolderWhoseFilesComeBack) {
    write_durable("d/a", "x");
    ASSERT_TRUE(fs_.remove("d/a"));
    ASSERT_TRUE(fs_.remove("d"));
    fs_.crash(Loss::all);
    EXPECT_THAT(names("d"), ElementsAre("a"));
}

TEST_F(MemoryFilesystemTest, LosesNothingWithTheProcessAlone) {
    write("d/a", "x");
    const auto file = open("d/a");
    fs_.crash(Loss::nothing);
    EXPECT_EQ(read("d/a"), "x");
    const Status late = file->write_at(0, "y");
    ASSERT_FALSE(late) << "a file opened before the crash is dead";
    EXPECT_EQ(to_string(late.error().code), "io");
    fs_.crash(Loss::all);
    EXPECT_THAT(names("d"), IsEmpty()) << "surviving the process is not being on the disk";
}

TEST_F(MemoryFilesystemTest, LosesEachSectorByItsOwnChance) {
    constexpr std::size_t kSectors = 64;
    std::set<std::string> outcomes;
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        MemoryFilesystem fs;
        ASSERT_TRUE(write_file_atomic(fs, "a", std::string(kSectors * 512, 'o')));
        const auto file = std::move(*fs.open("a", {.write = true}));
        ASSERT_TRUE(file->write_at(0, std::string(kSectors * 512, 'n')));
        fs.crash(Loss::random, seed);
        const std::string content = *read_file(fs, "a");
        std::size_t survived = 0;
        for (std::size_t sector = 0; sector < kSectors; ++sector) {
            const char first = content[sector * 512];
            ASSERT_EQ(content.substr(sector * 512, 512), std::string(512, first))
                << "a torn sector, seed " << seed;
            survived += first == 'n' ? 1 : 0;
        }
        EXPECT_GT(survived, 0U) << "seed " << seed;
        EXPECT_LT(survived, kSectors) << "seed " << seed;
        fs.crash(Loss::all);
        EXPECT_EQ(*read_file(fs, "a"), content) << "what survived is on the disk, seed " << seed;
        outcomes.insert(content);
    }
    EXPECT_GT(outcomes.size(), 1U);
}

TEST_F(MemoryFilesystemTest, LosesNamesByChanceButRenamesWhole) {
    std::set<std::vector<std::string>> outcomes;
    for (std::uint64_t seed = 0; seed < 64; ++seed) {
        MemoryFilesystem fs;
        ASSERT_TRUE(write_file_atomic(fs, "a", "x"));
        ASSERT_TRUE(fs.rename("a", "b"));
        static_cast<void>(fs.open("c", {.write = true, .create = true}));
        fs.crash(Loss::random, seed);
        std::vector<std::string> names = *fs.list(".");
        EXPECT_EQ(std::count(names.begin(), names.end(), "a") + std::count(names.begin(), names.end(), "b"),
                  1)
            << "seed " << seed;
        outcomes.insert(std::move(names));
    }
    EXPECT_EQ(outcomes.size(), 4U);
}

TEST_F(MemoryFilesystemTest, FlipsABitThatStaysFlipped) {
    write_durable("d/a", "abc");
    ASSERT_TRUE(fs_.flip_bit("d/a", 1, 0));
    EXPECT_EQ(read("d/a"), "acc");
    fs_.crash(Loss::all);
    EXPECT_EQ(read("d/a"), "acc");
    EXPECT_FALSE(fs_.flip_bit("d/a", 3, 0));
    EXPECT_FALSE(fs_.flip_bit("d/a", 0, 8));
    EXPECT_FALSE(fs_.flip_bit("d/no", 0, 0));
}

TEST_F(MemoryFilesystemTest, FillsUpAndFreesAgain) {
    fs_.set_free_bytes(10);
    const auto file = open("d/a");
    ASSERT_TRUE(file->write_at(0, "12345678"));
    const Status full = file->write_at(8, "901");
    ASSERT_FALSE(full);
    EXPECT_EQ(to_string(full.error().code), "resource_exhausted");
    ASSERT_TRUE(file->write_at(0, "87654321"));
    EXPECT_EQ(*fs_.free_bytes("d"), 2U);
    ASSERT_TRUE(file->truncate(4));
    EXPECT_EQ(*fs_.free_bytes("d"), 6U);
    ASSERT_TRUE(fs_.remove("d/a"));
    EXPECT_EQ(*fs_.free_bytes("d"), 10U);
}

TEST_F(MemoryFilesystemTest, CountsFreeBytesAnewAfterACrash) {
    fs_.set_free_bytes(100);
    write_durable("d/a", "12345");
    write("d/b", "123");
    ASSERT_TRUE(open("d/a")->truncate(1));
    EXPECT_EQ(*fs_.free_bytes("d"), 96U);
    fs_.crash(Loss::all);
    EXPECT_EQ(*fs_.free_bytes("d"), 95U);
}

TEST_F(MemoryFilesystemTest, RefusesMisalignedDirectCallsAsADiskDoes) {
    AlignedBuffer block(4096);
    std::memset(block.data(), 0, block.size());
    const auto file = std::move(*fs_.open("d/a", {.write = true, .create = true, .direct = true}));
    EXPECT_TRUE(file->direct());
    EXPECT_TRUE(file->write_at(512, {block.data(), 512}));
    EXPECT_FALSE(file->write_at(100, {block.data(), 512}));
    EXPECT_FALSE(file->write_at(0, {block.data(), 100}));
    EXPECT_FALSE(file->write_at(0, {block.data() + 1, 512}));
    EXPECT_FALSE(file->read_at(0, block.data(), 100));
}

TEST_F(MemoryFilesystemTest, SaysThatItCannotRenameFolders) {
    const Status renamed = fs_.rename("d", "e");
    ASSERT_FALSE(renamed);
    EXPECT_EQ(to_string(renamed.error().code), "unsupported");
}

}  // namespace
}  // namespace tillstream
