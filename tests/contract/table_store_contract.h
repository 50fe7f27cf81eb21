// table_store_contract.h - what every implementation of ports/table_store.h must keep of items and reads, as
// a typed suite; of commits: table_store_commits.h.
//
// Use:   INSTANTIATE_TYPED_TEST_SUITE_P(Engine, TableStoreContract, Harness); a Harness is what
//        table_store_fixture.h says.
#pragma once

#include <algorithm>
#include <iostream>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "tests/contract/table_store_fixture.h"

namespace tillstream::testing {

template <class Harness>
class TableStoreContract : public TableStoreTest<Harness> {};

TYPED_TEST_SUITE_P(TableStoreContract);

TYPED_TEST_P(TableStoreContract, an_empty_store_holds_nothing) {
    EXPECT_TRUE(this->positions().empty());
    EXPECT_EQ(this->get(std::int64_t{1}, std::int64_t{1}), "");
    EXPECT_TRUE(this->query({.partition = std::int64_t{1}}).empty());
}

TYPED_TEST_P(TableStoreContract, attributes_of_every_type_come_back_after_reopening) {
    const std::string zeros("a\0b\xff\0", 5);
    const Int128 wide = -(Int128{1} << 100);
    const std::vector<TableAttribute> attributes = {{"null", std::monostate{}},
                                                    {"no", false},
                                                    {"yes", true},
                                                    {"number", TableNumber{wide, 38}},
                                                    {"text", std::string_view("ünïcode")},
                                                    {"empty", std::string_view()},
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
    const std::vector<TableKeyPart> sorted = {std::numeric_limits<std::int64_t>::min(),
                                              std::int64_t{-256},
                                              std::int64_t{-1},
                                              std::int64_t{0},
                                              std::int64_t{1},
                                              std::int64_t{255},
                                              std::numeric_limits<std::int64_t>::max(),
                                              zero,
                                              zero_one,
                                              "\1",
                                              "A",
                                              "a",
                                              "a!",
                                              "aa",
                                              "b",
                                              "\xc3\xbc",
                                              "\xff",
                                              "\xff\xff"};
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
            EXPECT_EQ(this->query({.partition = std::int64_t{1}, .from = sorted[from], .to = sorted[to]}),
                      part);
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
    const std::vector<TableKeyPart> partitions = {
        std::int64_t{1}, std::int64_t{256}, "1", "a", with_end, "aa", "b"};
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

REGISTER_TYPED_TEST_SUITE_P(TableStoreContract, an_empty_store_holds_nothing,
                            attributes_of_every_type_come_back_after_reopening,
                            put_replaces_update_adds_and_remove_removes, an_item_of_keys_alone_is_there,
                            items_are_ordered_numbers_before_bytes, partitions_and_tables_do_not_mix,
                            pages_are_the_whole_list_and_hold_under_writes, random_writes_read_as_in_a_map);

}  // namespace tillstream::testing
