// warehouse_rebuild_contract.h - what every implementation of ports/warehouse.h must keep of rebuilding and
// of live tables, as a second typed suite (use as in warehouse_contract.h).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "tests/contract/warehouse_contract.h"

namespace tillstream::testing {

template <class Harness>
class WarehouseRebuildContract : public WarehouseContract<Harness> {};

TYPED_TEST_SUITE_P(WarehouseRebuildContract);

TYPED_TEST_P(WarehouseRebuildContract, clearing_forgets_rows_and_positions_of_one_consumer_only) {
    ASSERT_TRUE(this->warehouse_->ensure_table(this->table_));
    ASSERT_TRUE(this->warehouse_->commit(this->things({this->thing(1, "a")}, 0, 1)));
    WarehouseCommit other = this->things({}, 0, 4);
    other.consumer = "others";
    ASSERT_TRUE(this->warehouse_->commit(other));
    const Status cleared = this->warehouse_->clear("things", {&this->table_, 1});
    ASSERT_TRUE(cleared) << cleared.error().message;
    EXPECT_EQ(this->count(), 0);
    EXPECT_TRUE(this->warehouse_->positions("things")->empty());
    EXPECT_EQ(this->warehouse_->positions("others")->size(), 1u);
    EXPECT_TRUE(this->warehouse_->commit(this->things({this->thing(1, "a")}, 0, 1)));
}

TYPED_TEST_P(WarehouseRebuildContract, facts_of_a_range_are_replaced_in_one_commit) {
    const FactRows facts(2000);
    ASSERT_TRUE(this->warehouse_->ensure_table(facts.table()));
    ASSERT_TRUE(this->warehouse_->commit(facts.commit("facts", 0, 500)));
    const auto rows_below = [&](std::uint64_t end) {
        return count_of(*this->warehouse_,
                        "SELECT count(*) FROM shop.facts WHERE \"offset\" < " + std::to_string(end));
    };
    const std::int64_t before = rows_below(1'000'000);
    const std::int64_t first_hundred =
        count_of(*this->warehouse_,
                 "SELECT count(*) FROM shop.facts WHERE shard = 1 AND \"offset\" BETWEEN 1250 AND 1349");
    ASSERT_GT(first_hundred, 0);
    WarehouseCommit removal;
    removal.consumer = "facts";
    const std::string stream =
        run(*this->warehouse_, "SELECT any_value(stream) FROM shop.facts").rows.at(0).at(0);
    removal.removed = {{&facts.table(), stream, 1, Offset{1250}, Offset{1350}}};
    const Status removed = this->warehouse_->commit(removal);
    ASSERT_TRUE(removed) << removed.error().message;
    EXPECT_EQ(rows_below(1'000'000), before - first_hundred);
    WarehouseCommit again = facts.commit("others", 0, 500);
    for (std::uint32_t shard = 0; shard < 4; ++shard)
        again.removed.push_back({&facts.table(), stream, shard, Offset{0}, Offset{1'000'000}});
    ASSERT_TRUE(this->warehouse_->commit(again));
    facts.expect_in(*this->warehouse_);
}

TYPED_TEST_P(WarehouseRebuildContract, a_live_table_is_asked_at_every_query) {
    std::atomic<int> asked{0};
    const Status made = this->warehouse_->ensure_live_table(this->table_, [&] {
        OwnedRows rows;
        const int n = ++asked;
        for (int i = 0; i < 5000; ++i)
            rows.rows.push_back(
                {std::int64_t{n}, rows.keep("a text longer than twelve, of row " + std::to_string(i))});
        return rows;
    });
    ASSERT_TRUE(made) << made.error().message;
    const char* sql = "SELECT max(n), count(*), count(DISTINCT text) FROM shop.things";
    EXPECT_EQ(run(*this->warehouse_, sql).rows.at(0), (std::vector<std::string>{"1", "5000", "5000"}));
    EXPECT_EQ(run(*this->warehouse_, sql).rows.at(0), (std::vector<std::string>{"2", "5000", "5000"}));
    this->reopen();
    ASSERT_TRUE(this->warehouse_->ensure_live_table(this->table_, [] { return OwnedRows{}; }));
    EXPECT_EQ(this->count(), 0);
}

REGISTER_TYPED_TEST_SUITE_P(WarehouseRebuildContract,
                            clearing_forgets_rows_and_positions_of_one_consumer_only,
                            facts_of_a_range_are_replaced_in_one_commit,
                            a_live_table_is_asked_at_every_query);

}  // namespace tillstream::testing
