#include "adapters/duckdb/duckdb_warehouse.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/contract/warehouse_contract.h"
#include "tests/contract/warehouse_folder.h"
#include "tests/contract/warehouse_rebuild_contract.h"
#include "tests/contract/warehouse_rows.h"

namespace tillstream::testing {
namespace {

struct DuckdbHarness {
    Result<std::unique_ptr<Warehouse>> open(const DuckdbOptions& options = {}) {
        return DuckdbWarehouse::open(folder.file("warehouse.duckdb"), options, Logger::silent(), metrics);
    }
    Folder folder;
    Metrics metrics;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Duckdb, WarehouseContract, DuckdbHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Duckdb, WarehouseRebuildContract, DuckdbHarness);

class DuckdbWarehouseTest : public ::testing::Test {
protected:
    std::unique_ptr<Warehouse> open(const DuckdbOptions& options = {}) {
        auto opened = harness_.open(options);
        EXPECT_TRUE(opened) << opened.error().message;
        return std::move(*opened);
    }
    std::string path() const { return harness_.folder.file("warehouse.duckdb"); }
    void wait_until_folded() const {
        std::error_code none;
        while (std::filesystem::exists(path() + ".wal", none) &&
               std::filesystem::file_size(path() + ".wal", none) > 0) {
            std::this_thread::yield();
        }
    }

    DuckdbHarness harness_;
};

TEST_F(DuckdbWarehouseTest, a_damaged_file_is_corruption_and_the_message_says_the_way_out) {
    open().reset();
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << std::string(20000, 'x');
    const auto opened = harness_.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corruption);
    EXPECT_NE(opened.error().message.find("rebuilt from the log"), std::string::npos)
        << opened.error().message;
}

TEST_F(DuckdbWarehouseTest, a_file_that_was_never_finished_is_made_again) {
    for (const std::size_t bytes : {0u, 1u, 4096u, 12287u, 12288u}) {
        std::ofstream(path(), std::ios::binary | std::ios::trunc) << std::string(bytes, '\0');
        std::filesystem::remove(path() + ".wal");
        const auto opened = harness_.open();
        ASSERT_TRUE(opened) << bytes << ": " << opened.error().message;
        EXPECT_TRUE((*opened)->positions("facts")) << bytes;
    }
}

TEST_F(DuckdbWarehouseTest, a_short_file_beside_a_wal_is_not_thrown_away) {
    std::ofstream(path(), std::ios::binary) << "short";
    std::ofstream(path() + ".wal", std::ios::binary) << "rows";
    const auto opened = harness_.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corruption) << opened.error().message;
    EXPECT_EQ(std::filesystem::file_size(path()), 5u);
}

TEST_F(DuckdbWarehouseTest, a_short_file_of_something_else_is_damage) {
    std::ofstream(path(), std::ios::binary) << std::string(10'000, 'x');
    const auto opened = harness_.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corruption) << opened.error().message;
    EXPECT_EQ(std::filesystem::file_size(path()), 10'000u);
}

TEST_F(DuckdbWarehouseTest, what_hinders_opening_now_is_no_damage) {
    std::filesystem::create_directory(path());
    const auto opened = harness_.open();
    ASSERT_FALSE(opened);
    EXPECT_TRUE(retryable(opened.error().code)) << opened.error().message;
    std::filesystem::remove(path());
    EXPECT_TRUE(harness_.open());
}

TEST_F(DuckdbWarehouseTest, nothing_reaches_files_or_settings_even_past_the_gate) {
    const auto warehouse = open();
    std::ofstream(harness_.folder.file("x.csv")) << "a\n1\n";
    for (const std::string& sql :
         {"SELECT * FROM read_csv('" + harness_.folder.file("x.csv") + "')",
          "FROM '" + harness_.folder.file("x.csv") + "'",
          std::string("SELECT * FROM read_text('/etc/passwd')"), std::string("SELECT * FROM glob('/*')"),
          std::string("COPY (SELECT 1) TO STDOUT"), std::string("ATTACH ':memory:' AS z"),
          std::string("SET threads = 1"), std::string("INSTALL httpfs"), std::string("LOAD httpfs"),
          std::string("SELECT * FROM tillstream_load(1::ubigint)")}) {
        EXPECT_NE(run(*warehouse, sql).code, "") << sql;
    }
}

TEST_F(DuckdbWarehouseTest, the_session_zone_is_utc) {
    const auto warehouse = open();
    EXPECT_EQ(run(*warehouse, "SELECT TIMESTAMPTZ '2010-12-01 08:26:00'::text").rows[0][0],
              "2010-12-01 08:26:00+00");
}

TEST_F(DuckdbWarehouseTest, what_only_the_engine_calls_json_is_a_json_string) {
    const auto warehouse = open();
    const auto first = [&](const std::string& sql) {
        const Table table = run(*warehouse, "SELECT " + sql);
        return table.rows.empty() ? table.error : table.rows[0][0];
    };
    EXPECT_EQ(first("'{\"a\": [1, null, \"x\"]}'::JSON"), "{\"a\": [1, null, \"x\"]}");
    EXPECT_EQ(first("' 1.5 '::JSON"), " 1.5 ");
    EXPECT_EQ(first("'[1,]'::JSON"), "\"[1,]\"");
    EXPECT_EQ(first("'{\"a\":1,}'::JSON"), "\"{\\\"a\\\":1,}\"");
    for (const std::string number : {"nan", "inf", "-inf"}) {
        const std::string text = first("to_json('" + number + "'::DOUBLE)");
        ASSERT_GT(text.size(), 1u);
        EXPECT_EQ(text.front(), '"') << text;
    }
    EXPECT_EQ(first("['[1,]'::JSON, '2'::JSON]"), "[\"[1,]\",2]");
    EXPECT_EQ(first("{'a': '[1,]'::JSON}"), "{\"a\":\"[1,]\"}");
}

TEST_F(DuckdbWarehouseTest, the_wal_is_folded_in_once_it_is_large) {
    DuckdbOptions options;
    options.wal_bytes = 64 << 10;
    options.idle = std::chrono::milliseconds(20);
    const auto warehouse = open(options);
    const FactRows facts(5000);
    ASSERT_TRUE(warehouse->ensure_table(facts.table()));
    for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(warehouse->commit(facts.commit("facts", i, i + 1)));
    wait_until_folded();
    EXPECT_EQ(count_of(*warehouse, "SELECT count(*) FROM facts"),
              static_cast<std::int64_t>(5 * facts.accepted()));
}

/// No file of this process grows beyond `bytes` while it lives: a full disk that can be emptied again.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) : old_handler_(::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &old_limit_);
        const rlimit limit{bytes, old_limit_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &old_limit_);
        ::signal(SIGXFSZ, old_handler_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    rlimit old_limit_{};
    sighandler_t old_handler_;
};

TEST_F(DuckdbWarehouseTest, a_fatal_error_of_the_engine_is_survived_with_all_rows) {
    DuckdbOptions options;
    options.wal_bytes = 0;  // every commit asks for a checkpoint
    options.idle = std::chrono::milliseconds(20);
    const auto warehouse = open(options);
    const FactRows facts(50);
    ASSERT_TRUE(warehouse->ensure_table(facts.table()));
    ASSERT_TRUE(warehouse->ensure_view({"shop", "fact_count", "SELECT count(*) AS n FROM shop.facts"}));
    const TableSchema live{"ops", "live", {{"n", {ColumnType::int64}, "a number"}}};
    ASSERT_TRUE(warehouse->ensure_live_table(live, [] {
        OwnedRows rows;
        rows.rows.push_back({std::int64_t{42}});
        return rows;
    }));
    wait_until_folded();
    {
        // Room for the WAL, none for a block of the file: the checkpoint fails.
        const FullDisk full(200'000);
        const Status committed = warehouse->commit(facts.commit("facts", 0, 1));
        ASSERT_TRUE(committed) << committed.error().message;
        Table refused;
        while (refused.code.empty()) refused = run(*warehouse, "SELECT 1");
        EXPECT_EQ(refused.code, "unavailable") << refused.error;
    }
    Status committed = warehouse->commit(facts.commit("facts", 1, 2));
    while (!committed) {
        ASSERT_EQ(committed.error().code, Errc::unavailable) << committed.error().message;
        std::this_thread::yield();
        committed = warehouse->commit(facts.commit("facts", 1, 2));
    }
    EXPECT_EQ(count_of(*warehouse, "SELECT n FROM fact_count"),
              static_cast<std::int64_t>(2 * facts.accepted()));
    EXPECT_EQ(count_of(*warehouse, "SELECT n FROM live"), 42);
    EXPECT_NE(run(*warehouse, "SELECT * FROM read_text('/etc/passwd')").code, "");
    EXPECT_GE(harness_.metrics.counter("tillstream_warehouse_reopened_total", "").value(), 1);
}

TEST_F(DuckdbWarehouseTest, words_of_a_fatal_error_in_a_statement_end_nothing) {
    const auto warehouse = open();
    EXPECT_EQ(run(*warehouse,
                  "SELECT error('FATAL Error: database has been invalidated because of a "
                  "previous fatal error')")
                  .code,
              "sql");
    EXPECT_EQ(count_of(*warehouse, "SELECT 1"), 1);
    EXPECT_EQ(harness_.metrics.counter("tillstream_warehouse_reopened_total", "").value(), 0);
}

/// Commits until it is killed; writes one byte to `pipe` after each commit.
[[noreturn]] void commit_for_ever(const std::string& path, int pipe) {
    Metrics metrics;
    DuckdbOptions options;
    options.wal_bytes = 256 << 10;
    auto opened = DuckdbWarehouse::open(path, options, Logger::silent(), metrics);
    if (!opened) ::_exit(1);
    const FactRows facts(700);
    if (!(*opened)->ensure_table(facts.table())) ::_exit(1);
    const auto positions = (*opened)->positions("facts");
    std::uint64_t next = positions && !positions->empty() ? positions->front().next.value : 0;
    while ((*opened)->commit(facts.commit("facts", next, next + 1))) {
        ++next;
        if (::write(pipe, ".", 1) != 1) ::_exit(1);
    }
    ::_exit(1);
}

TEST_F(DuckdbWarehouseTest, after_kill_9_rows_and_position_agree_and_no_acknowledged_commit_is_lost) {
    std::uint64_t acknowledged = 0;
    for (std::uint64_t round = 1; round <= 4; ++round) {
        int pipe[2];
        ASSERT_EQ(::pipe(pipe), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) commit_for_ever(path(), pipe[1]);
        ::close(pipe[1]);
        char byte = 0;
        for (std::uint64_t i = 0; i < 3 + round * 4; ++i) {
            ASSERT_EQ(::read(pipe[0], &byte, 1), 1);
            ++acknowledged;
        }
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        while (::read(pipe[0], &byte, 1) == 1) ++acknowledged;
        ::close(pipe[0]);
    }
    const auto warehouse = open();
    const auto positions = warehouse->positions("facts");
    ASSERT_TRUE(positions);
    ASSERT_EQ(positions->size(), 4u);
    const std::uint64_t next = positions->front().next.value;
    for (const SinkPosition& position : *positions) EXPECT_EQ(position.next.value, next);
    EXPECT_GE(next, acknowledged);
    EXPECT_EQ(count_of(*warehouse, "SELECT count(*) FROM facts"),
              static_cast<std::int64_t>(next * FactRows(700).accepted()));
}

}  // namespace
}  // namespace tillstream::testing
