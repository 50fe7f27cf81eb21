// warehouse_contract.h - what every implementation of ports/warehouse.h must keep, as a typed suite.
//
// Use:   a Harness is default-constructible on an empty store and has `Result<std::unique_ptr<Warehouse>>
//        open()`, which may be called again after the last object was destroyed (same store).
//        INSTANTIATE_TYPED_TEST_SUITE_P(Engine, WarehouseContract, Harness);
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ports/warehouse.h"
#include "tests/contract/warehouse_rows.h"

namespace tillstream::testing {

template <class Harness>
class WarehouseContract : public ::testing::Test {
protected:
    void SetUp() override { reopen(); }

    void reopen() {
        warehouse_.reset();
        auto opened = harness_.open();
        ASSERT_TRUE(opened) << opened.error().message;
        warehouse_ = std::move(*opened);
    }

    /// One row (n, text) of the table "shop.things".
    static std::vector<Cell> thing(std::int64_t n, std::string_view text) { return {n, text}; }

    WarehouseCommit things(std::vector<std::vector<Cell>> rows, std::uint64_t from, std::uint64_t to,
                           std::uint64_t epoch = 1, std::uint32_t source = 7) {
        WarehouseCommit commit;
        commit.consumer = "things";
        commit.cells.push_back({&table_, std::move(rows)});
        commit.expected = {{SourceId{source}, Offset{from}}};
        commit.positions = {{SourceId{source}, Offset{to}, "cursor", Epoch{epoch}}};
        return commit;
    }

    std::int64_t count() { return count_of(*warehouse_, "SELECT count(*) FROM shop.things"); }

    Harness harness_;
    std::unique_ptr<Warehouse> warehouse_;
    TableSchema table_{"shop",
                       "things",
                       {{"n", {ColumnType::int64}, "a number"}, {"text", {ColumnType::string}, "a 'text'"}}};
};

TYPED_TEST_SUITE_P(WarehouseContract);

TYPED_TEST_P(WarehouseContract, an_empty_store_has_no_positions) {
    const auto positions = this->warehouse_->positions("things");
    ASSERT_TRUE(positions) << positions.error().message;
    EXPECT_TRUE(positions->empty());
}

TYPED_TEST_P(WarehouseContract, rows_and_position_survive_reopening) {
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    const Status committed =
        this->warehouse_->commit(this->things({this->thing(1, "a"), this->thing(2, "b")}, 0, 2));
    ASSERT_TRUE(committed) << committed.error().message;
    this->reopen();
    EXPECT_EQ(this->count(), 2);
    const auto positions = this->warehouse_->positions("things");
    ASSERT_TRUE(positions);
    ASSERT_EQ(positions->size(), 1u);
    EXPECT_EQ(positions->front(), (SinkPosition{SourceId{7}, Offset{2}, "cursor", Epoch{1}}));
}

TYPED_TEST_P(WarehouseContract, a_commit_from_another_position_is_a_conflict_and_leaves_nothing) {
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    ASSERT_TRUE(this->warehouse_->commit(this->things({this->thing(1, "a")}, 0, 1)));
    for (const std::uint64_t from : {0u, 2u}) {
        const Status again = this->warehouse_->commit(this->things({this->thing(1, "a")}, from, 3));
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().code, Errc::conflict);
    }
    EXPECT_EQ(this->count(), 1);
    EXPECT_TRUE(this->warehouse_->commit(this->things({this->thing(2, "b")}, 1, 2)));
    EXPECT_EQ(this->count(), 2);
}

TYPED_TEST_P(WarehouseContract, an_older_epoch_is_fenced_off) {
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    ASSERT_TRUE(this->warehouse_->commit(this->things({this->thing(1, "a")}, 0, 1, 5)));
    const Status old = this->warehouse_->commit(this->things({this->thing(2, "b")}, 1, 2, 4));
    ASSERT_FALSE(old);
    EXPECT_EQ(old.error().code, Errc::conflict);
    EXPECT_TRUE(this->warehouse_->commit(this->things({this->thing(2, "b")}, 1, 2, 5)));
    EXPECT_EQ(this->count(), 2);
}

TYPED_TEST_P(WarehouseContract, consumers_and_sources_have_positions_of_their_own) {
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    ASSERT_TRUE(this->warehouse_->commit(this->things({this->thing(1, "a")}, 0, 1, 1, 7)));
    ASSERT_TRUE(this->warehouse_->commit(this->things({this->thing(2, "b")}, 0, 9, 1, 8)));
    WarehouseCommit other = this->things({}, 0, 4);
    other.consumer = "others";
    ASSERT_TRUE(this->warehouse_->commit(other));
    EXPECT_EQ(this->warehouse_->positions("things")->size(), 2u);
    ASSERT_EQ(this->warehouse_->positions("others")->size(), 1u);
    EXPECT_EQ(this->warehouse_->positions("others")->front().next, Offset{4});
}

TYPED_TEST_P(WarehouseContract, a_commit_of_several_sources_is_all_or_nothing) {
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    WarehouseCommit both = this->things({this->thing(1, "a")}, 0, 1, 1, 7);
    both.expected.push_back({SourceId{8}, Offset{3}});  // nothing is stored: 0
    both.positions.push_back({SourceId{8}, Offset{4}, "", Epoch{1}});
    ASSERT_FALSE(this->warehouse_->commit(both));
    EXPECT_EQ(this->count(), 0);
    EXPECT_TRUE(this->warehouse_->positions("things")->empty());
    both.expected.back().next = Offset{};
    ASSERT_TRUE(this->warehouse_->commit(both));
    EXPECT_EQ(this->warehouse_->positions("things")->size(), 2u);
}

TYPED_TEST_P(WarehouseContract, a_rehearsal_leaves_no_trace_and_checks_no_position) {
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    const Status rehearsed = this->warehouse_->rehearse(this->things({this->thing(1, "a")}, 99, 100));
    EXPECT_TRUE(rehearsed) << rehearsed.error().message;
    EXPECT_EQ(this->count(), 0);
    EXPECT_TRUE(this->warehouse_->positions("things")->empty());
}

TYPED_TEST_P(WarehouseContract, refused_data_is_invalid_argument_and_leaves_nothing) {
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    auto commit =
        this->things({this->thing(1, "a"), {std::string_view("no number"), std::string_view("b")}}, 0, 2);
    for (const Status& refused : {this->warehouse_->commit(commit), this->warehouse_->rehearse(commit)}) {
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    }
    EXPECT_EQ(this->count(), 0);
    EXPECT_TRUE(this->warehouse_->positions("things")->empty());
}

TYPED_TEST_P(WarehouseContract, a_table_grows_by_columns_but_never_changes_one) {
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    ASSERT_TRUE(this->warehouse_->commit(this->things({this->thing(1, "a")}, 0, 1)));
    this->table_.columns.push_back({"price", {ColumnType::decimal, 18, 4}, ""});
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    ASSERT_TRUE(this->warehouse_->commit(
        this->things({{std::int64_t{2}, std::string_view("b"), DecimalCell{25500, 4}}}, 1, 2)));
    EXPECT_EQ(count_of(*this->warehouse_, "SELECT count(*) FROM shop.things WHERE price = 2.55"), 1);
    EXPECT_EQ(count_of(*this->warehouse_, "SELECT count(*) FROM shop.things WHERE price IS NULL"), 1);
    this->table_.columns[0].type = {ColumnType::date};
    const Status changed = this->warehouse_->ensure_table(this->table_);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, Errc::conflict);
}

TYPED_TEST_P(WarehouseContract, facts_of_many_slices_arrive_unchanged) {
    const FactRows facts(5000);
    ASSERT_TRUE(this->warehouse_->ensure_table(facts.table()));
    const Status committed = this->warehouse_->commit(facts.commit("facts", 0, 1));
    ASSERT_TRUE(committed) << committed.error().message;
    facts.expect_in(*this->warehouse_);
}

TYPED_TEST_P(WarehouseContract, facts_of_another_shape_than_the_table_are_refused) {
    const FactRows facts(10);
    TableSchema narrow = facts.table();
    narrow.columns.pop_back();
    ASSERT_TRUE(this->warehouse_->ensure_table(narrow));
    WarehouseCommit commit = facts.commit("facts", 0, 1);
    for (FactLoad& load : commit.facts) load.table = &narrow;
    const Status refused = this->warehouse_->commit(commit);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

TYPED_TEST_P(WarehouseContract, readers_see_whole_commits_only) {
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    std::atomic<bool> done{false};
    std::atomic<int> odd{0};
    std::thread reader([&] {
        while (!done) odd += this->count() % 2 == 0 ? 0 : 1;
    });
    for (std::uint64_t i = 0; i < 20; ++i) {
        const Status committed =
            this->warehouse_->commit(this->things({this->thing(1, "a"), this->thing(2, "b")}, i, i + 1));
        EXPECT_TRUE(committed) << committed.error().message;
    }
    done = true;
    reader.join();
    EXPECT_EQ(odd, 0);
    EXPECT_EQ(this->count(), 40);
}

TYPED_TEST_P(WarehouseContract, parameters_of_every_type_come_back) {
    const std::vector<Cell> params = {std::monostate{},
                                      true,
                                      std::int64_t{-7},
                                      Int128{1} << 100,
                                      2.5,
                                      DecimalCell{-12345, 4},
                                      DateCell{14944},
                                      Timestamp{1291192000000001},
                                      JsonCell{R"({"a":[1]})"},
                                      std::string_view("it's ünïcode, longer than twelve")};
    const Table table =
        run(*this->warehouse_, "SELECT $1::text, $2, $3, $4, $5, $6::decimal(18,4), $7, $8, $9::json, $10",
            params);
    ASSERT_EQ(table.error, "");
    ASSERT_EQ(table.rows.size(), 1u);
    EXPECT_EQ(table.rows[0],
              (std::vector<std::string>{"null", "true", "-7", "1267650600228229401496703205376", "2.5",
                                        "-1.2345", "2010-12-01", "2010-12-01T08:26:40.000001Z",
                                        R"({"a":[1]})", "it's ünïcode, longer than twelve"}));
    EXPECT_EQ(table.types,
              (std::vector<std::string>{"text", "boolean", "bigint", "hugeint", "double", "decimal(18,4)",
                                        "date", "timestamptz", "json", "text"}));
}

TYPED_TEST_P(WarehouseContract, a_query_that_is_wrong_says_where) {
    const Table table = run(*this->warehouse_, "SELECT 1,\n  nothing FROM shop.nowhere");
    EXPECT_EQ(table.code, "sql");
    EXPECT_EQ(table.line, 2);
    const Table missing = run(*this->warehouse_, "SELECT 1 +\n  ünknöwn + other_column");
    EXPECT_EQ(missing.line, 2);
    EXPECT_EQ(missing.column, 3);
    EXPECT_EQ(run(*this->warehouse_, "SELECT $1").code, "sql");
}

TYPED_TEST_P(WarehouseContract, a_query_cannot_write) {
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    for (const char* sql :
         {"INSERT INTO shop.things VALUES (1, 'x')", "DELETE FROM shop.things", "DROP TABLE shop.things",
          "CREATE TABLE shop.x(a int)", "BEGIN", "COMMIT", "SET threads=1"}) {
        EXPECT_NE(run(*this->warehouse_, sql).code, "") << sql;
    }
    EXPECT_EQ(this->count(), 0);
}

TYPED_TEST_P(WarehouseContract, an_endless_query_times_out_and_the_connection_is_good_again) {
    const Table table = run(*this->warehouse_,
                            "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t) "
                            "SELECT count(*) FROM t",
                            {}, std::chrono::milliseconds(200));
    EXPECT_EQ(table.code, "timeout");
    EXPECT_EQ(count_of(*this->warehouse_, "SELECT 1"), 1);
}

TYPED_TEST_P(WarehouseContract, a_visitor_that_has_enough_ends_the_query) {
    const Table table =
        run(*this->warehouse_, "SELECT i FROM range(1000000000000) t(i)", {}, std::chrono::seconds(60), 10);
    EXPECT_EQ(table.code, "");
    EXPECT_EQ(table.rows.size(), 10u);
}

REGISTER_TYPED_TEST_SUITE_P(
    WarehouseContract, an_empty_store_has_no_positions, rows_and_position_survive_reopening,
    a_commit_from_another_position_is_a_conflict_and_leaves_nothing, an_older_epoch_is_fenced_off,
    consumers_and_sources_have_positions_of_their_own, a_commit_of_several_sources_is_all_or_nothing,
    a_rehearsal_leaves_no_trace_and_checks_no_position, refused_data_is_invalid_argument_and_leaves_nothing,
    a_table_grows_by_columns_but_never_changes_one, facts_of_many_slices_arrive_unchanged,
    facts_of_another_shape_than_the_table_are_refused, readers_see_whole_commits_only,
    parameters_of_every_type_come_back, a_query_that_is_wrong_says_where, a_query_cannot_write,
    an_endless_query_times_out_and_the_connection_is_good_again, a_visitor_that_has_enough_ends_the_query);

}  // namespace tillstream::testing
