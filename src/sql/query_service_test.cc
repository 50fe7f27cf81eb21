#include "sql/query_service.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "adapters/duckdb/duckdb_warehouse.h"
#include "tests/contract/warehouse_folder.h"
#include "tests/contract/warehouse_rows.h"

namespace tillstream::testing {
namespace {

using namespace std::chrono_literals;

class QueryServiceTest : public ::testing::Test {
protected:
    void open(const DuckdbOptions& options = {}, const QueryServiceOptions& limits = {}) {
        auto opened = DuckdbWarehouse::open(folder_.file("w.duckdb"), options, Logger::silent(), metrics_);
        ASSERT_TRUE(opened) << opened.error().message;
        warehouse_ = std::move(*opened);
        service_ = std::make_unique<QueryService>(*warehouse_, limits, metrics_);
    }
    std::string json(std::string_view sql, std::vector<Cell> params = {},
                     std::optional<std::uint64_t> limit = {}) {
        const auto answer = service_->run({sql, std::move(params), limit});
        return answer ? answer->json
                      : std::string(to_string(answer.error().refusal)) + ": " + answer.error().message;
    }
    QueryRefusal refusal(std::string_view sql) {
        const auto answer = service_->run({sql, {}, {}});
        EXPECT_FALSE(answer) << sql;
        return answer ? QueryRefusal::failed : answer.error().refusal;
    }

    Folder folder_;
    Metrics metrics_;
    std::unique_ptr<Warehouse> warehouse_;
    std::unique_ptr<QueryService> service_;
};

TEST_F(QueryServiceTest, writes_the_answer_of_the_faces) {
    open();
    EXPECT_EQ(
        json("SELECT 1 AS a, 2.50::decimal(18,4) AS b, NULL AS c, 'x\"y' AS d, DATE '2010-12-01' AS e, "
             "TIMESTAMPTZ '2010-12-01 08:26:00+01' AS f, true AS g, 1e300 AS h, 'nan'::double AS i"),
        R"j({"columns":[{"name":"a","type":"integer"},{"name":"b","type":"decimal(18,4)"},)j"
        R"j({"name":"c","type":"integer"},{"name":"d","type":"text"},{"name":"e","type":"date"},)j"
        R"j({"name":"f","type":"timestamptz"},{"name":"g","type":"boolean"},{"name":"h","type":"double"},)j"
        R"j({"name":"i","type":"double"}],"rows":[[1,"2.50",null,"x\"y","2010-12-01",)j"
        R"j("2010-12-01T07:26:00Z",true,1e+300,null]],"truncated":false})j");
}

TEST_F(QueryServiceTest, types_without_a_name_of_their_own_become_the_nearest) {
    open();
    const Table table =
        run(*warehouse_,
            "SELECT 1::tinyint, 1::usmallint, 1::uinteger, 18446744073709551615::ubigint, "
            "1.5::float, 'a'::enum('a','b'), uuid '12345678-1234-5678-1234-567812345678', "
            "interval '1 month 2 days', time '08:26:00', [1, NULL], {'a': 1.50::decimal(4,2), 'b': 'x'}, "
            "map {1: 'a'}, timestamp_ns '2010-12-01 08:26:00.123456789', timestamp 'infinity', "
            "'\\xAA'::blob, date '-infinity', [[1]]::int[1][1], '101'::bit, "
            "340282366920938463463374607431768211455::uhugeint");
    ASSERT_EQ(table.error, "");
    EXPECT_EQ(table.types,
              (std::vector<std::string>{"integer", "integer", "bigint", "hugeint", "double", "text", "text",
                                        "text", "text", "json", "json", "json", "timestamp", "timestamp",
                                        "text", "date", "json", "text", "text"}));
    EXPECT_EQ(table.rows[0],
              (std::vector<std::string>{"1", "1", "1", "18446744073709551615", "1.5", "a",
                                        "12345678-1234-5678-1234-567812345678", "1 month 2 days", "08:26:00",
                                        "[1,null]", R"({"a":"1.50","b":"x"})", R"({"1":"a"})",
                                        "2010-12-01T08:26:00.123456Z", "infinity", "\\xAA", "-infinity",
                                        "[[1]]", "101", "340282366920938463463374607431768211455"}));
}

TEST_F(QueryServiceTest, more_rows_than_the_limit_are_cut_and_said) {
    open({}, {.rows = 5});
    EXPECT_EQ(json("SELECT i FROM range(3) t(i) ORDER BY i", {}, 2),
              R"({"columns":[{"name":"i","type":"bigint"}],"rows":[[0],[1]],"truncated":true})");
    EXPECT_EQ(json("SELECT i FROM range(2) t(i) ORDER BY i", {}, 2),
              R"({"columns":[{"name":"i","type":"bigint"}],"rows":[[0],[1]],"truncated":false})");
    const auto capped = service_->run({"SELECT i FROM range(100) t(i)", {}, 50});
    ASSERT_TRUE(capped);
    EXPECT_EQ(capped->rows, 5u);
    EXPECT_TRUE(capped->truncated);
    EXPECT_EQ(json("SELECT 1 WHERE false"),
              R"({"columns":[{"name":"1","type":"integer"}],"rows":[],"truncated":false})");
}

TEST_F(QueryServiceTest, an_answer_larger_than_its_limit_is_cut_and_said) {
    open({}, {.answer_bytes = 10'000});
    const auto answer = service_->run({"SELECT repeat('x', 1000) FROM range(1000)", {}, {}});
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->truncated);
    EXPECT_LT(answer->json.size(), 12'000u);
}

TEST_F(QueryServiceTest, parameters_are_values_never_sql) {
    open();
    EXPECT_EQ(json("SELECT $1 AS a, $2 + 1 AS b",
                   {Cell{std::string_view("'; DROP TABLE t; --")}, Cell{std::int64_t{41}}}),
              R"({"columns":[{"name":"a","type":"text"},{"name":"b","type":"bigint"}],)"
              R"("rows":[["'; DROP TABLE t; --",42]],"truncated":false})");
}

TEST_F(QueryServiceTest, a_parameter_beyond_64_bits_keeps_its_digits) {
    open();
    EXPECT_EQ(
        json("SELECT $1 AS a, $2 - 1 AS b", {Cell{Int128{INT64_MAX} + 1}, Cell{-Int128{INT64_MAX} - 1}}),
        R"({"columns":[{"name":"a","type":"hugeint"},{"name":"b","type":"hugeint"}],)"
        R"("rows":[[9223372036854775808,-9223372036854775809]],"truncated":false})");
}

TEST_F(QueryServiceTest, refusals_have_their_kinds) {
    open({}, {.timeout = 300ms});
    EXPECT_EQ(refusal("SELECT nothing FROM nowhere"), QueryRefusal::bad_sql);
    EXPECT_EQ(refusal("SELECT 'x'::int"), QueryRefusal::bad_sql);
    EXPECT_EQ(refusal("SELECT 1; SELECT 2"), QueryRefusal::bad_sql);
    EXPECT_EQ(refusal("DROP TABLE t"), QueryRefusal::forbidden);
    EXPECT_EQ(refusal("SELECT * FROM read_csv('x')"), QueryRefusal::forbidden);
    EXPECT_EQ(
        refusal("WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t) SELECT count(*) FROM t"),
        QueryRefusal::timeout);
    EXPECT_EQ(refusal("SELECT count(*) FROM range(10000000000) a, range(10000000000) b"),
              QueryRefusal::timeout);
}

TEST_F(QueryServiceTest, when_all_turns_are_taken_and_nobody_may_wait_it_is_busy) {
    open({}, {.concurrent = 1, .waiting = 0, .timeout = 3s});
    std::atomic<bool> done{false};
    std::thread hog([&] {
        // May itself come while the other thread's small query runs.
        while (
            refusal(
                "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t) SELECT count(*) FROM t") ==
            QueryRefusal::busy) {
        }
        done = true;
    });
    bool busy = false;
    while (!busy && !done) {
        const auto answer = service_->run({"SELECT 1", {}, {}});
        if (answer) continue;
        EXPECT_EQ(answer.error().refusal, QueryRefusal::busy);
        EXPECT_GT(answer.error().retry_after.count(), 0);
        busy = true;
    }
    hog.join();
    EXPECT_TRUE(busy);
}

TEST_F(QueryServiceTest, a_greedy_query_ends_in_memory_while_commits_go_on) {
    DuckdbOptions small;
    small.memory_bytes = 128u << 20;
    small.spill_bytes = 1u << 20;
    small.threads = 2;
    open(small, {.timeout = 60s});
    const FactRows facts(2000);
    ASSERT_TRUE(warehouse_->ensure_table(facts.table()));
    std::atomic<bool> done{false};
    std::atomic<int> starved{0};
    std::thread greedy([&] {
        for (int i = 0; i < 3; ++i) {
            const auto answer = service_->run(
                {"SELECT list_aggregate(list(repeat(i::text, 50)), 'count') FROM range(20000000) t(i)",
                 {},
                 {}});
            if (!answer && answer.error().refusal == QueryRefusal::memory) ++starved;
        }
        done = true;
    });
    std::uint64_t commits = 0;
    std::string refused;
    while (refused.empty() && (!done || commits < 3)) {
        const Status committed = warehouse_->commit(facts.commit("facts", commits, commits + 1));
        if (committed)
            ++commits;
        else
            refused = committed.error().message;
    }
    greedy.join();
    EXPECT_EQ(refused, "");
    EXPECT_EQ(starved, 3);
    EXPECT_EQ(count_of(*warehouse_, "SELECT count(*) FROM shop.facts"),
              static_cast<std::int64_t>(commits * facts.accepted()));
}

}  // namespace
}  // namespace tillstream::testing
