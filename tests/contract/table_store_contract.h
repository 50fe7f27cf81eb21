// table_store_contract.h - what every implementation of ports/table_store.h must keep, as a typed suite.
//
// Use:   a Harness is default-constructible on an empty store; `Status open()`, `TableStore& store()` while it
//        is open, `void close()` (a clean stop), open again on the same content.
//        INSTANTIATE_TYPED_TEST_SUITE_P(Engine, TableStoreContract, Harness);
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ports/table_store.h"

namespace tillstream::testing {

template <class Harness>
class TableStoreContract : public ::testing::Test {
protected:
    using Texts = std::vector<std::string>;

    void SetUp() override {
        const Status opened = harness_.open();
        ASSERT_TRUE(opened) << opened.error().message;
    }
    void reopen() {
        harness_.close();
        SetUp();
    }
    TableStore& store() { return harness_.store(); }

    static TableKey key(TableKeyPart partition, TableKeyPart sort) { return {"things", partition, sort}; }

    Status write(std::vector<TableWrite> writes, std::uint64_t from, std::uint64_t to, std::uint64_t epoch = 1,
                 std::uint32_t source = 7) {
        TableCommit commit{.consumer = "things", .writes = writes};
        commit.expected = {{SourceId{source}, Offset{from}}};
        commit.positions = {{SourceId{source}, Offset{to}, "cursor", Epoch{epoch}}};
        return store().commit(commit);
    }
    Status rehearse(std::vector<TableWrite> writes) {
        return store().rehearse({.consumer = "things", .writes = writes});
    }
    /// Writes without a position.
    Status write(std::vector<TableWrite> writes) {
        return store().commit({.consumer = "things", .writes = writes});
    }
    Status put(TableKeyPart partition, TableKeyPart sort, std::string_view text) {
        const TableAttribute attribute{"text", text};
        return write({{.key = key(partition, sort), .attributes = {&attribute, 1}}});
    }
    Status remove(TableKeyPart partition, TableKeyPart sort) {
        return write({{.kind = TableWrite::Kind::remove, .key = key(partition, sort)}});
    }

    static std::string text_of(const TableItem& item) {
        const TableValue* value = item.find("text");
        return value == nullptr ? "" : std::string(std::get<std::string_view>(*value));
    }
    /// "" if there is none.
    std::string get(TableKeyPart partition, TableKeyPart sort) {
        TableItem item;
        const auto found = store().get(key(partition, sort), item);
        EXPECT_TRUE(found) << found.error().message;
        return found && *found ? text_of(item) : "";
    }
    Texts query(TableQuery query, bool* more = nullptr) {
        query.table = "things";
        const auto page = store().query(query);
        EXPECT_TRUE(page) << page.error().message;
        Texts texts;
        if (!page) return texts;
        for (const TableItem& item : page->items) texts.push_back(text_of(item));
        if (more != nullptr) *more = page->more;
        return texts;
    }
    std::vector<SinkPosition> positions(std::string_view consumer = "things") {
        const auto positions = store().positions(consumer);
        EXPECT_TRUE(positions) << positions.error().message;
        return positions ? *positions : std::vector<SinkPosition>{};
    }

    Harness harness_;
};

TYPED_TEST_SUITE_P(TableStoreContract);

TYPED_TEST_P(TableStoreContract, an_empty_store_holds_nothing) {
    EXPECT_TRUE(this->positions().empty());
    EXPECT_EQ(this->get(std::int64_t{1}, std::int64_t{1}), "");
    EXPECT_TRUE(this->query({.partition = std::int64_t{1}}).empty());
}

TYPED_TEST_P(TableStoreContract, attributes_of_every_type_come_back_after_reopening) {
    const std::string zeros("a\0b\xff\0", 5);
    const Int128 wide = -(Int128{1} << 100);
    const std::vector<TableAttribute> attributes = {
        {"null", std::monostate{}}, {"no", false},
        {"yes", true},              {"number", TableNumber{wide, 38}},
        {"text", std::string_view("ünïcode")}, {"empty", std::string_view()},
        {"bytes", TableBytes{zeros}}};
    ASSERT_TRUE(this->write({{.key = this->key(zeros, zeros), .attributes = attributes}}));
    for (int round = 0; round < 2; ++round) {
        TableItem item;
        ASSERT_TRUE(*this->store().get(this->key(zeros, zeros), item));
        EXPECT_EQ(std::get<std::string_view>(item.partition()), zeros);
        EXPECT_EQ(std::get<std::string_view>(item.sort()), zeros);
        ASSERT_EQ(item.attributes().size(), attributes.size());
        for (const TableAttribute& attribute : attributes) {
            ASSERT_NE(item.find(attribute.name), nullptr) << attribute.name;
            EXPECT_EQ(*item.find(attribute.name), attribute.value) << attribute.name;
        }
        EXPECT_EQ(item.find("other"), nullptr);
        this->reopen();
    }
}

TYPED_TEST_P(TableStoreContract, put_replaces_update_adds_and_remove_removes) {
    const std::vector<TableAttribute> first = {{"text", std::string_view("a")}, {"n", TableNumber{1, 0}}};
    const std::vector<TableAttribute> change = {{"text", std::string_view("b")}, {"m", TableNumber{2, 0}}};
    const auto key = this->key(std::int64_t{1}, std::int64_t{1});
    using Kind = TableWrite::Kind;
    ASSERT_TRUE(this->write({{.key = key, .attributes = first}}));
    ASSERT_TRUE(this->write({{.kind = Kind::update, .key = key, .attributes = change}}));
    TableItem item;
    ASSERT_TRUE(*this->store().get(key, item));
    EXPECT_EQ(item.attributes().size(), 3U);
    EXPECT_EQ(this->text_of(item), "b");
    ASSERT_TRUE(this->write({{.key = key, .attributes = change}}));
    ASSERT_TRUE(*this->store().get(key, item));
    EXPECT_EQ(item.find("n"), nullptr);
    ASSERT_TRUE(this->remove(std::int64_t{1}, std::int64_t{1}));
    EXPECT_FALSE(*this->store().get(key, item));
    EXPECT_TRUE(item.empty());
    ASSERT_TRUE(this->remove(std::int64_t{1}, std::int64_t{1}));
    ASSERT_TRUE(this->write({{.kind = Kind::update, .key = key, .attributes = change}}));
    EXPECT_EQ(this->get(std::int64_t{1}, std::int64_t{1}), "b");
}

TYPED_TEST_P(TableStoreContract, an_item_of_keys_alone_is_there) {
    const auto key = this->key(std::int64_t{1}, std::int64_t{1});
    ASSERT_TRUE(this->write({{.key = key}}));
    TableItem item;
    EXPECT_TRUE(*this->store().get(key, item));
    EXPECT_FALSE(item.empty());
}

TYPED_TEST_P(TableStoreContract, items_are_ordered_numbers_before_bytes) {
    const std::string zero("\0", 1);
    const std::string zero_one("\0\1", 2);
    const std::vector<TableKeyPart> sorted = {
        std::numeric_limits<std::int64_t>::min(), std::int64_t{-256}, std::int64_t{-1}, std::int64_t{0},
        std::int64_t{1}, std::int64_t{255}, std::numeric_limits<std::int64_t>::max(), zero, zero_one, "\1",
        "A", "a", "a!", "aa", "b", "\xc3\xbc", "\xff", "\xff\xff"};
    std::vector<std::size_t> order(sorted.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), std::mt19937(7));
    for (const std::size_t i : order) ASSERT_TRUE(this->put(std::int64_t{1}, sorted[i], std::to_string(i)));
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < sorted.size(); ++i) expected.push_back(std::to_string(i));
    EXPECT_EQ(this->query({.partition = std::int64_t{1}}), expected);
    for (std::size_t from = 0; from < sorted.size(); ++from) {
        for (std::size_t to = from; to < sorted.size(); ++to) {
            auto part = std::vector<std::string>(expected.begin() + static_cast<long>(from),
                                                 expected.begin() + static_cast<long>(to));
            EXPECT_EQ(this->query({.partition = std::int64_t{1}, .from = sorted[from], .to = sorted[to]}), part);
            std::reverse(part.begin(), part.end());
            EXPECT_EQ(this->query({.partition = std::int64_t{1},
                                   .from = sorted[from],
                                   .to = sorted[to],
                                   .descending = true}),
                      part);
        }
    }
}

TYPED_TEST_P(TableStoreContract, partitions_and_tables_do_not_mix) {
    const std::string with_end("a\0\1", 3);
    const std::vector<TableKeyPart> partitions = {std::int64_t{1}, std::int64_t{256}, "1", "a",
                                                  with_end,        "aa",              "b"};
    for (std::size_t i = 0; i < partitions.size(); ++i) {
        ASSERT_TRUE(this->put(partitions[i], "x", std::to_string(i)));
        ASSERT_TRUE(this->put(partitions[i], std::int64_t{1}, std::to_string(i)));
    }
    const TableAttribute other{"text", std::string_view("other")};
    ASSERT_TRUE(this->write({{.key = {"thing", "a", "x"}, .attributes = {&other, 1}},
                             {.key = {"thingsa", "a", "x"}, .attributes = {&other, 1}}}));
    for (std::size_t i = 0; i < partitions.size(); ++i) {
        EXPECT_EQ(this->query({.partition = partitions[i]}),
                  (std::vector<std::string>{std::to_string(i), std::to_string(i)}));
    }
    std::size_t items = 0;
    ASSERT_TRUE(this->store().scan("things", [&](const TableItem& item) {
        items += this->text_of(item) == "other" ? 100 : 1;
        return true;
    }));
    EXPECT_EQ(items, 2 * partitions.size());
}

TYPED_TEST_P(TableStoreContract, pages_are_the_whole_list_and_hold_under_writes) {
    for (std::int64_t i = 0; i < 25; ++i) ASSERT_TRUE(this->put("p", 2 * i, std::to_string(2 * i)));
    for (const bool descending : {false, true}) {
        std::vector<std::string> seen;
        TableQuery query{.table = "things", .partition = "p", .descending = descending, .limit = 10};
        std::int64_t last = 0;
        for (bool more = true; more;) {
            const auto page = this->store().query(query);
            ASSERT_TRUE(page);
            for (const TableItem& item : page->items) {
                if (std::stoll(this->text_of(item)) % 2 == 0) seen.push_back(this->text_of(item));
            }
            ASSERT_FALSE(page->items.empty());
            last = std::get<std::int64_t>(page->items.back().sort());
            query.after = last;
            more = page->more;
            // The item the cursor names goes, and comes back; others come on both sides of it.
            ASSERT_TRUE(this->remove("p", last));
            ASSERT_TRUE(this->put("p", last - 1, std::to_string(last - 1)));
            ASSERT_TRUE(this->put("p", last + 1, std::to_string(last + 1)));
        }
        EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size());
        EXPECT_EQ(seen.size(), descending ? 22u : 25u);  // the three removed the first time are gone
    }
    bool more = true;
    this->query({.partition = "p", .limit = 100'000}, &more);
    EXPECT_FALSE(more);
}

TYPED_TEST_P(TableStoreContract, conditions_decide_the_whole_commit) {
    using Kind = TableCondition::Kind;
    const TableAttribute a{"text", std::string_view("a")};
    const TableAttribute b{"text", std::string_view("b")};
    const auto put_if = [&](const TableAttribute& attribute, TableCondition condition) {
        return this->write({{.key = this->key("free", "x"), .attributes = {&a, 1}},
                            {.key = this->key("p", "x"), .attributes = {&attribute, 1}, .condition = condition}});
    };
    ASSERT_TRUE(put_if(a, {Kind::absent, "", {}}));
    ASSERT_TRUE(this->remove("free", "x"));
    for (const TableCondition& wrong : {TableCondition{Kind::absent, "", {}}, TableCondition{Kind::absent, "text", {}},
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

TYPED_TEST_P(TableStoreContract, a_commit_from_another_position_is_a_conflict_and_leaves_nothing) {
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

TYPED_TEST_P(TableStoreContract, positions_survive_reopening_each_source_and_consumer_by_itself) {
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

TYPED_TEST_P(TableStoreContract, a_commit_of_several_sources_is_all_or_nothing) {
    TableCommit both{.consumer = "things"};
    both.expected = {{SourceId{7}, Offset{0}}, {SourceId{8}, Offset{3}}};
    both.positions = {{SourceId{7}, Offset{1}, "", Epoch{1}}, {SourceId{8}, Offset{4}, "", Epoch{1}}};
    ASSERT_FALSE(this->store().commit(both));
    EXPECT_TRUE(this->positions().empty());
}

TYPED_TEST_P(TableStoreContract, a_checkpoint_makes_positions_persisted) {
    ASSERT_TRUE(this->write({}, 0, 5));
    ASSERT_TRUE(this->store().checkpoint());
    ASSERT_EQ(this->store().persisted("things")->size(), 1u);
    EXPECT_EQ(this->store().persisted("things")->front().next, Offset{5});
    ASSERT_TRUE(this->store().checkpoint());
}

TYPED_TEST_P(TableStoreContract, a_rehearsal_leaves_no_trace_and_says_what_commit_would) {
    const TableAttribute a{"text", std::string_view("a")};
    ASSERT_TRUE(this->rehearse({{.key = this->key("p", "x"), .attributes = {&a, 1}}}));
    EXPECT_EQ(this->get("p", "x"), "");
    const TableCondition there{TableCondition::Kind::equals, "text", std::string_view("a")};
    const Status refused =
        this->rehearse({{.key = this->key("p", "x"), .attributes = {&a, 1}, .condition = there}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
}

TYPED_TEST_P(TableStoreContract, what_is_over_a_limit_is_refused_whole) {
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
    const std::vector<TableWrite> wrong = {
        {.key = this->key(partition, "x"), .attributes = {&fine, 1}},
        {.key = this->key("p", sort), .attributes = {&fine, 1}},
        {.key = this->key("", "x"), .attributes = {&fine, 1}},
        {.key = this->key("p", ""), .attributes = {&fine, 1}},
        {.key = this->key("p", "x"), .attributes = {&large_value, 1}},
        {.key = this->key("p", "x"), .attributes = {&long_name, 1}},
        {.key = this->key("p", "x"), .attributes = {&no_name, 1}},
        {.key = this->key("p", "x"), .attributes = {&scale, 1}}};
    for (const TableWrite& bad : wrong) {
        const std::vector<TableWrite> writes = {{.key = this->key("p", "good"), .attributes = {&fine, 1}}, bad};
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

TYPED_TEST_P(TableStoreContract, clear_empties_the_tables_and_the_consumers_positions) {
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

TYPED_TEST_P(TableStoreContract, a_query_sees_whole_commits_only) {
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

TYPED_TEST_P(TableStoreContract, random_writes_read_as_in_a_map) {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937_64 random(seed);
    std::map<std::pair<std::int64_t, std::int64_t>, std::string> model;
    for (int i = 0; i < 3'000; ++i) {
        const auto partition = static_cast<std::int64_t>(random() % 5) - 2;
        const auto sort = static_cast<std::int64_t>(random() % 100) - 50;
        if (random() % 4 == 0) {
            ASSERT_TRUE(this->remove(partition, sort));
            model.erase({partition, sort});
        } else {
            const std::string text = std::to_string(random());
            ASSERT_TRUE(this->put(partition, sort, text));
            model[{partition, sort}] = text;
        }
        if (random() % 500 == 0) {
            ASSERT_TRUE(this->store().checkpoint());
        }
        if (random() % 1'000 == 0) this->reopen();
    }
    for (std::int64_t partition = -2; partition <= 2; ++partition) {
        std::vector<std::string> expected;
        for (const auto& [key, text] : model) {
            if (key.first == partition) expected.push_back(text);
        }
        EXPECT_EQ(this->query({.partition = partition}), expected);
    }
}

REGISTER_TYPED_TEST_SUITE_P(
    TableStoreContract, an_empty_store_holds_nothing, attributes_of_every_type_come_back_after_reopening,
    put_replaces_update_adds_and_remove_removes, an_item_of_keys_alone_is_there,
    items_are_ordered_numbers_before_bytes, partitions_and_tables_do_not_mix,
    pages_are_the_whole_list_and_hold_under_writes, conditions_decide_the_whole_commit,
    a_commit_from_another_position_is_a_conflict_and_leaves_nothing,
    positions_survive_reopening_each_source_and_consumer_by_itself,
    a_commit_of_several_sources_is_all_or_nothing, a_checkpoint_makes_positions_persisted,
    a_rehearsal_leaves_no_trace_and_says_what_commit_would, what_is_over_a_limit_is_refused_whole,
    clear_empties_the_tables_and_the_consumers_positions, a_query_sees_whole_commits_only,
    random_writes_read_as_in_a_map);

}  // namespace tillstream::testing
