// A child process writes commits, checkpoints at random moments, and is killed; what is reopened must be some
// whole prefix of its commits, the one its positions name.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "adapters/rocksdb/rocksdb_tables.h"
#include "tests/contract/warehouse_folder.h"

namespace tillstream::testing {
namespace {

constexpr int kKeys = 40;
constexpr std::uint32_t kSources = 2;

/// Commit n puts its number under some keys and removes one: a function of n alone.
struct Commit {
    explicit Commit(std::uint64_t n) {
        std::mt19937_64 random(n);
        removed = static_cast<std::int64_t>(random() % kKeys);
        for (std::uint64_t i = 0; i < 1 + random() % 10; ++i) {
            const auto key = static_cast<std::int64_t>(random() % kKeys);
            if (key != removed) put.push_back(key);
        }
        std::sort(put.begin(), put.end());
        put.erase(std::unique(put.begin(), put.end()), put.end());
    }
    std::int64_t removed = 0;
    std::vector<std::int64_t> put;
};

Status commit(TableStore& store, std::uint64_t n) {
    const Commit wanted(n);
    const std::string filler(n % 2'000, 'x');
    const std::vector<TableAttribute> attributes = {{"n", TableNumber{static_cast<Int128>(n), 0}},
                                                    {"filler", std::string_view(filler)}};
    std::vector<TableWrite> writes;
    for (const std::int64_t key : wanted.put) {
        writes.push_back({.key = {"t", std::int64_t{1}, key}, .attributes = attributes});
    }
    writes.push_back({.kind = TableWrite::Kind::remove, .key = {"t", std::int64_t{1}, wanted.removed}});
    TableCommit commit{.consumer = "c", .writes = writes};
    for (std::uint32_t source = 0; source < kSources; ++source) {
        commit.expected.push_back({SourceId{source}, Offset{n}});
        commit.positions.push_back({SourceId{source}, Offset{n + 1}, std::to_string(n), Epoch{1}});
    }
    return store.commit(commit);
}

/// What the child is told, in its environment: RocksDB's threads do not survive a fork, so it is a program
/// started anew, on the one test below.
constexpr const char* kPath = "TILLSTREAM_CRASH_PATH";
constexpr const char* kFrom = "TILLSTREAM_CRASH_FROM";
constexpr const char* kSeed = "TILLSTREAM_CRASH_SEED";
constexpr const char* kReady = "TILLSTREAM_CRASH_READY";

std::uint64_t number_in(const char* variable) { return std::strtoull(std::getenv(variable), nullptr, 10); }

TEST(RocksdbCrash, DISABLED_ChildThatWritesUntilItIsKilled) {
    if (std::getenv(kPath) == nullptr) GTEST_SKIP() << "started by the test below only";
    std::mt19937_64 random(number_in(kSeed));
    Metrics metrics;
    RocksdbOptions options;
    options.checkpoint_interval = std::chrono::milliseconds(1 + random() % 20);
    options.dirty_bytes = 64 << 10;
    options.memory_bytes = 8 << 20;
    auto store = RocksdbTables::open(std::getenv(kPath), options, Logger::silent(), metrics);
    ASSERT_TRUE(store) << store.error().message;
    const char byte = 1;
    ASSERT_EQ(::write(static_cast<int>(number_in(kReady)), &byte, 1), 1);
    for (std::uint64_t n = number_in(kFrom);; ++n) {
        ASSERT_TRUE(commit(**store, n));
        if (random() % 50 == 0) {
            ASSERT_TRUE((*store)->checkpoint());
        }
    }
}

void become_the_child(const std::string& path, std::uint64_t from, std::uint64_t seed, int ready) {
    ::setenv(kPath, path.c_str(), 1);
    ::setenv(kFrom, std::to_string(from).c_str(), 1);
    ::setenv(kSeed, std::to_string(seed).c_str(), 1);
    ::setenv(kReady, std::to_string(ready).c_str(), 1);
    ::execl("/proc/self/exe", "child", "--gtest_also_run_disabled_tests",
            "--gtest_filter=RocksdbCrash.DISABLED_ChildThatWritesUntilItIsKilled", nullptr);
    std::_Exit(99);
}

/// The commit the store stands behind, after checking that every key says so.
std::uint64_t check(TableStore& store) {
    const auto positions = store.positions("c");
    EXPECT_TRUE(positions);
    if (positions->empty()) return 0;
    EXPECT_EQ(positions->size(), kSources);
    const std::uint64_t next = positions->front().next.value;
    for (const SinkPosition& position : *positions) {
        EXPECT_EQ(position.next.value, next);
        EXPECT_EQ(position.cursor, std::to_string(next - 1));
    }
    std::map<std::int64_t, std::uint64_t> model;
    for (std::uint64_t n = 0; n < next; ++n) {
        const Commit wanted(n);
        for (const std::int64_t key : wanted.put) model[key] = n;
        model.erase(wanted.removed);
    }
    const auto page = store.query({.table = "t", .partition = std::int64_t{1}});
    EXPECT_TRUE(page) << page.error().message;
    std::map<std::int64_t, std::uint64_t> found;
    for (const TableItem& item : page->items) {
        found[std::get<std::int64_t>(item.sort())] =
            static_cast<std::uint64_t>(std::get<TableNumber>(*item.find("n")).value);
    }
    EXPECT_EQ(found, model) << "at commit " << next;
    return next;
}

TEST(RocksdbCrash, AKilledProcessLeavesAWholePrefixOfItsCommits) {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937_64 random(seed);
    const Folder folder;
    const std::string path = folder.file("tables");
    std::uint64_t next = 0;
    int advanced = 0;
    for (int round = 0; round < 25 && !::testing::Test::HasFailure(); ++round) {
        int ready[2];
        ASSERT_EQ(::pipe(ready), 0);
        const std::uint64_t child_seed = random();
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) become_the_child(path, next, child_seed, ready[1]);
        ::close(ready[1]);
        char byte = 0;
        const ssize_t woken = ::read(ready[0], &byte, 1);
        ::close(ready[0]);
        // Any moment will do: no condition is waited for.
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
        ::kill(child, SIGKILL);
        int outcome = 0;
        ::waitpid(child, &outcome, 0);
        ASSERT_EQ(woken, 1) << "the store did not open, exit " << WEXITSTATUS(outcome);
        ASSERT_TRUE(WIFSIGNALED(outcome)) << "a commit failed, exit " << WEXITSTATUS(outcome);
        Metrics metrics;
        auto store = RocksdbTables::open(path, {}, Logger::silent(), metrics);
        ASSERT_TRUE(store) << store.error().message;
        const std::uint64_t reached = check(**store);
        EXPECT_GE(reached, next) << "a checkpoint was lost";
        advanced += reached > next ? 1 : 0;
        next = reached;
    }
    EXPECT_GT(advanced, 0) << "no kill met a store that had gone on";
}

}  // namespace
}  // namespace tillstream::testing
