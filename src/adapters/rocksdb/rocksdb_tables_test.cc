#include "adapters/rocksdb/rocksdb_tables.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/contract/table_store_commits.h"
#include "tests/contract/table_store_contract.h"
#include "tests/contract/warehouse_folder.h"

namespace tillstream::testing {
namespace {

class RocksdbHarness {
public:
    Status open() {
        auto opened = RocksdbTables::open(path(), options, Logger::silent(), metrics_);
        if (!opened) return failure(opened.error());
        store_ = std::move(*opened);
        return {};
    }
    void close() { store_.reset(); }
    TableStore& store() { return *store_; }
    std::string path() const { return folder_.file("tables"); }

    RocksdbOptions options;

private:
    Folder folder_;
    Metrics metrics_;
    std::unique_ptr<TableStore> store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Rocksdb, TableStoreContract, RocksdbHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Rocksdb, TableStoreCommits, RocksdbHarness);

Status put(TableStore& store, std::int64_t partition, std::uint64_t from, std::string_view text) {
    const TableAttribute attribute{"text", text};
    const TableWrite write{.key = {"things", partition, std::int64_t{1}}, .attributes = {&attribute, 1}};
    TableCommit commit{.consumer = "c", .writes = {&write, 1}};
    commit.expected = {{SourceId{1}, Offset{from}}};
    commit.positions = {{SourceId{1}, Offset{from + 1}, "", Epoch{1}}};
    return store.commit(commit);
}

TEST(RocksdbTables, ASecondOwnerIsTurnedAway) {
    RocksdbHarness harness;
    ASSERT_TRUE(harness.open());
    Metrics metrics;
    const auto second = RocksdbTables::open(harness.path(), {}, Logger::silent(), metrics);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::unavailable) << second.error().message;
}

/// Flips bytes of the newest table file, and finds the error whichever call meets it first.
TEST(RocksdbTables, DamageOnDiskIsToldWithTheWayOut) {
    RocksdbHarness harness;
    ASSERT_TRUE(harness.open());
    for (std::uint64_t i = 0; i < 50; ++i) {
        ASSERT_TRUE(put(harness.store(), static_cast<std::int64_t>(i), i, std::string(200, 'x')));
    }
    harness.close();
    for (const auto& entry : std::filesystem::directory_iterator(harness.path())) {
        if (entry.path().extension() != ".sst") continue;
        std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(100);
        file.write("damage", 6);
    }
    Status outcome = harness.open();
    if (outcome) outcome = harness.store().scan("things", [](const TableItem&) { return true; });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::corruption);
    EXPECT_NE(outcome.error().message.find("delete the folder " + harness.path()), std::string::npos)
        << outcome.error().message;
}

TEST(RocksdbTables, AMissingFileIsDamageToo) {
    RocksdbHarness harness;
    ASSERT_TRUE(harness.open());
    ASSERT_TRUE(put(harness.store(), 1, 0, "x"));
    harness.close();
    for (const auto& entry : std::filesystem::directory_iterator(harness.path())) {
        if (entry.path().extension() == ".sst") std::filesystem::remove(entry.path());
    }
    const Status outcome = harness.open();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::corruption) << outcome.error().message;
}

TEST(RocksdbTables, ADeletedFolderIsAnEmptyStore) {
    RocksdbHarness harness;
    ASSERT_TRUE(harness.open());
    ASSERT_TRUE(put(harness.store(), 1, 0, "x"));
    harness.close();
    std::filesystem::remove_all(harness.path());
    ASSERT_TRUE(harness.open());
    EXPECT_TRUE(harness.store().positions("c")->empty());
}

/// The condition is waited for: the checkpointer does it by itself.
TEST(RocksdbTables, ACheckpointComesByItself) {
    RocksdbHarness harness;
    harness.options.checkpoint_interval = std::chrono::milliseconds(5);
    ASSERT_TRUE(harness.open());
    ASSERT_TRUE(put(harness.store(), 1, 0, "x"));
    while (harness.store().persisted("c")->empty()) std::this_thread::yield();
    EXPECT_EQ(harness.store().persisted("c")->front().next, Offset{1});
}

TEST(RocksdbTables, ManyDirtyBytesBringTheCheckpointForward) {
    RocksdbHarness harness;
    harness.options.checkpoint_interval = std::chrono::hours(1);
    harness.options.dirty_bytes = 1 << 20;
    ASSERT_TRUE(harness.open());
    const std::string text(100'000, 'x');
    for (std::uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(put(harness.store(), 1, i, text));
    while (harness.store().persisted("c")->empty()) std::this_thread::yield();
    EXPECT_GT(harness.store().persisted("c")->front().next, Offset{0});
}

std::uintmax_t log_bytes(const std::string& path) {
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        const std::string name = entry.path().filename();
        if (name.starts_with("LOG") || name.ends_with(".log")) bytes += entry.file_size();
    }
    return bytes;
}

TEST(RocksdbTables, LogsDoNotGrowWithStartsAndCheckpoints) {
    RocksdbHarness harness;
    for (std::uint64_t i = 0; i < 12; ++i) {
        ASSERT_TRUE(harness.open());
        ASSERT_TRUE(put(harness.store(), 1, i, std::string(10'000, 'x')));
        ASSERT_TRUE(harness.store().checkpoint());
        harness.close();
    }
    EXPECT_LT(log_bytes(harness.path()), 2u << 20);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(harness.path())) {
        files += std::string(entry.path().filename()).starts_with("LOG") ? 1 : 0;
    }
    EXPECT_LE(files, 3u);
}

#ifdef __linux__
/// RocksDB's threads carry its name; field 19 of stat is the nice value. A thread takes it with its first
/// job: one that never had any still has that of its maker.
TEST(RocksdbTables, TheEnginesThreadsRunBehindTheOthers) {
    RocksdbHarness harness;
    ASSERT_TRUE(harness.open());
    ASSERT_TRUE(put(harness.store(), 1, 0, "x"));
    ASSERT_TRUE(harness.store().checkpoint());
    int behind = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "stat");
        std::string stat((std::istreambuf_iterator<char>(file)), {});
        if (stat.find("(rocksdb:") == std::string::npos) continue;
        std::istringstream fields(stat.substr(stat.rfind(')') + 2));
        std::string field;
        for (int i = 3; i <= 19; ++i) fields >> field;
        if (std::stoi(field) >= 10) ++behind;
    }
    EXPECT_GT(behind, 0) << "the checkpoint ran on one of them";
}
#endif

}  // namespace
}  // namespace tillstream::testing
