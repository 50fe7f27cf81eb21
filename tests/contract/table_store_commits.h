// table_store_commits.h - what every implementation of ports/table_store.h must keep of commits, positions
// and limits, as a typed suite; of items and reads: table_store_contract.h.
//
// Use:   INSTANTIATE_TYPED_TEST_SUITE_P(Engine, TableStoreCommits, Harness); a Harness is what
//        table_store_fixture.h says.
#pragma once

#include <atomic>
#include <thread>

#include "tests/contract/table_store_fixture.h"

namespace tillstream::testing {

template <class Harness>
class TableStoreCommits : public TableStoreTest<Harness> {};

TYPED_TEST_SUITE_P(TableStoreCommits);

TYPED_TEST_P(TableStoreCommits, conditions_decide_the_whole_commit) {
    using Kind = TableCondition::Kind;
    const TableAttribute a{"text", std::string_view("a")};
    const TableAttribute b{"text", std::string_view("b")};
    const auto put_if = [&](const TableAttribute& attribute, TableCondition condition) {
        return this->write(
            {{.key = this->key("free", "x"), .attributes = {&a, 1}},
             {.key = this->key("p", "x"), .attributes = {&attribute, 1}, .condition = condition}});
    };
    ASSERT_TRUE(put_if(a, {Kind::absent, "", {}}));
    ASSERT_TRUE(this->remove("free", "x"));
    for (const TableCondition& wrong :
         {TableCondition{Kind::absent, "", {}}, TableCondition{Kind::absent, "text", {}},
          TableCondition{Kind::equals, "text", std::string_view("b")},
          TableCondition{Kind::equals, "other", std::monostate{}},
          TableCondition{Kind::equals, "text", TableNumber{1, 0}}}) {
        const Status refused = put_if(b, wrong);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::conflict);
        EXPECT_EQ(this->get("free", "x"), "");
        EXPECT_EQ(this->get("p", "x"), "a");
    }
    ASSERT_TRUE(put_if(b, {Kind::equals, "text", std::string_view("a")}));
    EXPECT_EQ(this->get("p", "x"), "b");
    ASSERT_TRUE(put_if(a, {Kind::absent, "other", {}}));
}

TYPED_TEST_P(TableStoreCommits, a_commit_from_another_position_is_a_conflict_and_leaves_nothing) {
    const TableAttribute a{"text", std::string_view("a")};
    const TableWrite first{.key = this->key("p", std::int64_t{1}), .attributes = {&a, 1}};
    const TableWrite second{.key = this->key("p", std::int64_t{2}), .attributes = {&a, 1}};
    ASSERT_TRUE(this->write({first}, 0, 1));
    for (const std::uint64_t from : {0u, 2u}) {
        const Status again = this->write({second}, from, 3);
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().code, Errc::conflict);
    }
    EXPECT_EQ(this->get("p", std::int64_t{2}), "");
    EXPECT_TRUE(this->write({second}, 1, 2));
    EXPECT_EQ(this->get("p", std::int64_t{2}), "a");
    const Status old = this->write({}, 2, 3, 0);
    ASSERT_FALSE(old);
    EXPECT_EQ(old.error().code, Errc::conflict);
}

TYPED_TEST_P(TableStoreCommits, positions_survive_reopening_each_source_and_consumer_by_itself) {
    ASSERT_TRUE(this->write({}, 0, 5, 2, 7));
    ASSERT_TRUE(this->write({}, 0, 9, 2, 8));
    TableCommit other{.consumer = "thing"};
    other.positions = {{SourceId{7}, Offset{4}, std::string("\0\xff", 2), Epoch{3}}};
    ASSERT_TRUE(this->store().commit(other));
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(this->positions().size(), 2u);
        EXPECT_EQ(this->positions().front(), (SinkPosition{SourceId{7}, Offset{5}, "cursor", Epoch{2}}));
        EXPECT_EQ(this->positions("thing"), other.positions);
        this->reopen();
    }
    EXPECT_EQ(*this->store().persisted("thing"), other.positions);
}

TYPED_TEST_P(TableStoreCommits, a_commit_of_several_sources_is_all_or_nothing) {
    TableCommit both{.consumer = "things"};
    both.expected = {{SourceId{7}, Offset{0}}, {SourceId{8}, Offset{3}}};
    both.positions = {{SourceId{7}, Offset{1}, "", Epoch{1}}, {SourceId{8}, Offset{4}, "", Epoch{1}}};
    ASSERT_FALSE(this->store().commit(both));
    EXPECT_TRUE(this->positions().empty());
}

TYPED_TEST_P(TableStoreCommits, a_checkpoint_makes_positions_persisted) {
    ASSERT_TRUE(this->write({}, 0, 5));
    ASSERT_TRUE(this->store().checkpoint());
    ASSERT_EQ(this->store().persisted("things")->size(), 1u);
    EXPECT_EQ(this->store().persisted("things")->front().next, Offset{5});
    ASSERT_TRUE(this->store().checkpoint());
}

TYPED_TEST_P(TableStoreCommits, a_rehearsal_leaves_no_trace_and_says_what_commit_would) {
    const TableAttribute a{"text", std::string_view("a")};
    ASSERT_TRUE(this->rehearse({{.key = this->key("p", "x"), .attributes = {&a, 1}}}));
    EXPECT_EQ(this->get("p", "x"), "");
    const TableCondition there{TableCondition::Kind::equals, "text", std::string_view("a")};
    const Status refused =
        this->rehearse({{.key = this->key("p", "x"), .attributes = {&a, 1}, .condition = there}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
}

TYPED_TEST_P(TableStoreCommits, what_is_over_a_limit_is_refused_whole) {
    const TableCapabilities limits = this->store().capabilities();
    const std::string partition(limits.partition_key_bytes_max + 1, 'p');
    const std::string sort(limits.sort_key_bytes_max + 1, 's');
    const std::string large(limits.item_bytes_max, 'x');
    const std::string name(256, 'n');
    const TableAttribute fine{"text", std::string_view("a")};
    const TableAttribute large_value{"text", std::string_view(large)};
    const TableAttribute long_name{name, true};
    const TableAttribute no_name{"", true};
    const TableAttribute scale{"n", TableNumber{1, 39}};
    const std::vector<TableWrite> wrong = {{.key = this->key(partition, "x"), .attributes = {&fine, 1}},
                                           {.key = this->key("p", sort), .attributes = {&fine, 1}},
                                           {.key = this->key("", "x"), .attributes = {&fine, 1}},
                                           {.key = this->key("p", ""), .attributes = {&fine, 1}},
                                           {.key = this->key("p", "x"), .attributes = {&large_value, 1}},
                                           {.key = this->key("p", "x"), .attributes = {&long_name, 1}},
                                           {.key = this->key("p", "x"), .attributes = {&no_name, 1}},
                                           {.key = this->key("p", "x"), .attributes = {&scale, 1}}};
    for (const TableWrite& bad : wrong) {
        const std::vector<TableWrite> writes = {{.key = this->key("p", "good"), .attributes = {&fine, 1}},
                                                bad};
        for (const Status& refused : {this->rehearse(writes), this->write(writes, 0, 1)}) {
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().code, Errc::invalid_argument) << refused.error().message;
        }
    }
    EXPECT_EQ(this->get("p", "good"), "");
    EXPECT_TRUE(this->positions().empty());
    // At the limits it is taken.
    ASSERT_TRUE(this->put(std::string_view(partition).substr(1), std::string_view(sort).substr(1), "a"));
    // Two halves that an update puts together are too large as well.
    const std::string half(limits.item_bytes_max / 2, 'x');
    const TableAttribute first{"a", std::string_view(half)};
    const TableAttribute second{"b", std::string_view(half)};
    ASSERT_TRUE(this->write({{.key = this->key("p", "x"), .attributes = {&first, 1}}}));
    const Status grown = this->write(
        {{.kind = TableWrite::Kind::update, .key = this->key("p", "x"), .attributes = {&second, 1}}});
    ASSERT_FALSE(grown);
    EXPECT_EQ(grown.error().code, Errc::invalid_argument);
}

TYPED_TEST_P(TableStoreCommits, clear_empties_the_tables_and_the_consumers_positions) {
    ASSERT_TRUE(this->put("p", "x", "a"));
    ASSERT_TRUE(this->write({}, 0, 5));
    const TableAttribute other{"text", std::string_view("other")};
    const TableWrite kept{.key = {"thingsa", "p", "x"}, .attributes = {&other, 1}};
    TableCommit commit{.consumer = "thingsa", .writes = {&kept, 1}};
    commit.positions = {{SourceId{7}, Offset{4}, "", Epoch{1}}};
    ASSERT_TRUE(this->store().commit(commit));
    const std::string_view tables[] = {"things", "nothing"};
    ASSERT_TRUE(this->store().clear("things", tables));
    for (int round = 0; round < 2; ++round) {
        EXPECT_TRUE(this->positions().empty());
        EXPECT_EQ(this->get("p", "x"), "");
        EXPECT_TRUE(this->query({.partition = "p"}).empty());
        EXPECT_EQ(this->positions("thingsa").size(), 1u);
        TableItem item;
        EXPECT_TRUE(*this->store().get({"thingsa", "p", "x"}, item));
        this->reopen();
    }
    ASSERT_TRUE(this->put("p", "x", "new"));
    EXPECT_EQ(this->get("p", "x"), "new");
}

/// As a replay does it on a live server: nothing is reopened between.
TYPED_TEST_P(TableStoreCommits, what_is_written_after_a_clear_is_there_and_nothing_else) {
    const std::string_view tables[] = {"things"};
    for (int round = 0; round < 4; ++round) {
        const std::string text = std::to_string(round);
        for (char sort = 'a'; sort < 'k'; ++sort) {
            ASSERT_TRUE(this->put("p", std::string(1, static_cast<char>(sort + round)), text));
        }
        ASSERT_TRUE(this->write({}, 0, 7));
        EXPECT_EQ(this->query({.partition = "p"}), std::vector<std::string>(10, text));
        EXPECT_EQ(this->positions().size(), 1u);
        if (round == 2) {
            ASSERT_TRUE(this->store().checkpoint());
        }
        ASSERT_TRUE(this->store().clear("things", tables));
        EXPECT_TRUE(this->query({.partition = "p"}).empty());
        EXPECT_TRUE(this->positions().empty());
    }
    ASSERT_TRUE(this->put("p", "x", "last"));
    ASSERT_TRUE(this->store().checkpoint());
    this->reopen();
    EXPECT_EQ(this->query({.partition = "p"}), std::vector<std::string>{"last"});
}

TYPED_TEST_P(TableStoreCommits, a_query_sees_whole_commits_only) {
    std::atomic<bool> done{false};
    std::atomic<int> torn{0};
    std::thread reader([&] {
        while (!done) {
            const auto texts = this->query({.partition = "p"});
            torn += texts.empty() || (texts.size() == 2 && texts[0] == texts[1]) ? 0 : 1;
        }
    });
    for (std::uint64_t i = 0; i < 300; ++i) {
        const std::string text = std::to_string(i);
        const TableAttribute attribute{"text", std::string_view(text)};
        EXPECT_TRUE(this->write({{.key = this->key("p", "x"), .attributes = {&attribute, 1}},
                                 {.key = this->key("p", "y"), .attributes = {&attribute, 1}}},
                                i, i + 1));
        if (i % 50 == 0) {
            EXPECT_TRUE(this->store().checkpoint());
        }
    }
    done = true;
    reader.join();
    EXPECT_EQ(torn, 0);
}

REGISTER_TYPED_TEST_SUITE_P(TableStoreCommits, conditions_decide_the_whole_commit,
                            a_commit_from_another_position_is_a_conflict_and_leaves_nothing,
                            positions_survive_reopening_each_source_and_consumer_by_itself,
                            a_commit_of_several_sources_is_all_or_nothing,
                            a_checkpoint_makes_positions_persisted,
                            a_rehearsal_leaves_no_trace_and_says_what_commit_would,
                            what_is_over_a_limit_is_refused_whole,
                            clear_empties_the_tables_and_the_consumers_positions,
                            what_is_written_after_a_clear_is_there_and_nothing_else,
                            a_query_sees_whole_commits_only);

}  // namespace tillstream::testing
