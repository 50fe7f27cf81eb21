// object_store_contract.h - what every implementation of ports/object_store.h must keep, as a typed suite.
//
// Use:   a Harness is default-constructible on an empty store and has `ObjectStore& store()`.
//        INSTANTIATE_TYPED_TEST_SUITE_P(Engine, ObjectStoreContract, Harness);
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "ports/object_store.h"

namespace tillstream::testing {

template <class Harness>
class ObjectStoreContract : public ::testing::Test {
protected:
    ObjectStore& store() { return harness_.store(); }

    void put(std::string_view name, std::string_view bytes) {
        const auto outcome = store().put_if_absent(name, bytes);
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(*outcome, PutOutcome::created) << name;
    }
    std::string get(std::string_view name) {
        auto bytes = store().get(name, 0, SIZE_MAX);
        return bytes ? *bytes : bytes.error().message;
    }
    std::vector<std::string> names(std::string_view prefix, std::string_view after = {},
                                   std::size_t limit = SIZE_MAX) {
        const auto listed = store().list(prefix, after, limit);
        EXPECT_TRUE(listed) << listed.error().message;
        std::vector<std::string> all;
        if (!listed) return all;
        for (const ObjectInfo& info : *listed) all.push_back(info.name);
        return all;
    }

    Harness harness_;
};

TYPED_TEST_SUITE_P(ObjectStoreContract);

TYPED_TEST_P(ObjectStoreContract, an_empty_store_holds_nothing) {
    EXPECT_TRUE(this->names("").empty());
    EXPECT_TRUE(this->names("lake/raw/").empty());
    EXPECT_EQ(this->store().get("lake/a", 0, 1).error().code, Errc::not_found);
    EXPECT_EQ(this->store().info("lake/a/b").error().code, Errc::not_found);
    EXPECT_TRUE(this->store().remove("lake/a"));
    EXPECT_TRUE(this->store().remove("lake/a/b"));
}

TYPED_TEST_P(ObjectStoreContract, reads_what_was_put) {
    const std::string bytes("line\n\0more", 10);
    this->put("lake/raw/a", bytes);
    EXPECT_EQ(this->get("lake/raw/a"), bytes);
    EXPECT_EQ(*this->store().get("lake/raw/a", 2, 3), "ne\n");
    EXPECT_EQ(*this->store().get("lake/raw/a", 8, 100), "re");
    EXPECT_EQ(*this->store().get("lake/raw/a", 10, 5), "");
    EXPECT_EQ(*this->store().get("lake/raw/a", UINT64_MAX, SIZE_MAX), "");
    EXPECT_EQ(*this->store().info("lake/raw/a"), (ObjectInfo{"lake/raw/a", 10}));
    this->put("lake/empty", "");
    EXPECT_EQ(this->get("lake/empty"), "");
    EXPECT_EQ(this->store().info("lake/empty")->bytes, 0U);
}

TYPED_TEST_P(ObjectStoreContract, the_first_put_stays) {
    this->put("lake/a", "first");
    EXPECT_EQ(*this->store().put_if_absent("lake/a", "second, longer"), PutOutcome::present);
    EXPECT_EQ(*this->store().put_if_absent("lake/a", "first"), PutOutcome::present);
    EXPECT_EQ(this->get("lake/a"), "first");
}

TYPED_TEST_P(ObjectStoreContract, a_removed_object_is_gone_and_may_come_again) {
    this->put("lake/x/a", "1");
    this->put("lake/x/b", "2");
    ASSERT_TRUE(this->store().remove("lake/x/a"));
    EXPECT_EQ(this->store().info("lake/x/a").error().code, Errc::not_found);
    EXPECT_EQ(this->names("lake/"), std::vector<std::string>{"lake/x/b"});
    this->put("lake/x/a", "3");
    EXPECT_EQ(this->get("lake/x/a"), "3");
}

TYPED_TEST_P(ObjectStoreContract, a_prefix_is_no_object) {
    this->put("lake/x/a", "1");
    EXPECT_EQ(this->store().get("lake/x", 0, 1).error().code, Errc::not_found);
    EXPECT_EQ(this->store().info("lake").error().code, Errc::not_found);
    EXPECT_EQ(this->store().get("lake/x/a/b", 0, 1).error().code, Errc::not_found);
    ASSERT_TRUE(this->store().remove("lake/x"));
    ASSERT_TRUE(this->store().remove("lake/x/a"));
    ASSERT_TRUE(this->store().remove("lake/x"));
}

TYPED_TEST_P(ObjectStoreContract, names_that_could_mean_two_things_are_refused) {
    for (const std::string& name : {std::string(), std::string("/lake/a"), std::string("lake/../a"),
                                    std::string("lake//a"), std::string("lake/"), std::string("lake/./a"),
                                    std::string("lake/a\0b", 8), "lake/" + std::string(256, 'x')}) {
        EXPECT_EQ(this->store().put_if_absent(name, "x").error().code, Errc::invalid_argument) << name;
        EXPECT_EQ(this->store().get(name, 0, 1).error().code, Errc::invalid_argument) << name;
        EXPECT_EQ(this->store().info(name).error().code, Errc::invalid_argument) << name;
        EXPECT_EQ(this->store().remove(name).error().code, Errc::invalid_argument) << name;
    }
    EXPECT_TRUE(this->names("").empty());
}

/// '-' and '.' sort before '/', '0' behind it: a walk over folders that forgets this gives a wrong order.
TYPED_TEST_P(ObjectStoreContract, lists_in_byte_order_across_folders) {
    const std::vector<std::string> sorted = {"lake/a-b/1", "lake/a.c", "lake/a/1", "lake/a/2/x",
                                             "lake/a/2.x", "lake/a0",  "lake/b",   "state/c"};
    std::vector<std::string> expected = sorted;
    std::sort(expected.begin(), expected.end());
    for (const std::string& name :
         {sorted[4], sorted[0], sorted[7], sorted[2], sorted[6], sorted[1], sorted[5], sorted[3]})
        this->put(name, name);
    EXPECT_EQ(this->names(""), expected);
    EXPECT_EQ(this->names("lake/a/"), (std::vector<std::string>{"lake/a/1", "lake/a/2.x", "lake/a/2/x"}));
    EXPECT_EQ(this->names("lake/a/2"), (std::vector<std::string>{"lake/a/2.x", "lake/a/2/x"}));
    EXPECT_EQ(this->names("lake/a", "lake/a/2"),
              (std::vector<std::string>{"lake/a/2.x", "lake/a/2/x", "lake/a0"}));
    EXPECT_EQ(this->names("sta"), std::vector<std::string>{"state/c"});
    EXPECT_TRUE(this->names("lake/a/1/").empty());
    EXPECT_TRUE(this->names("lake", "lake/z").empty());
    EXPECT_TRUE(this->names("", "", 0).empty());
    const auto listed = this->store().list("lake/b", "", 1);
    ASSERT_EQ(listed->size(), 1U);
    EXPECT_EQ(listed->front().bytes, 6U);
}

TYPED_TEST_P(ObjectStoreContract, pages_give_the_same_as_one_listing) {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937_64 random(seed);
    std::map<std::string, std::string> model;
    const std::string letters = "ab-.0=~";
    for (int i = 0; i < 200; ++i) {
        std::string name = "lake";
        for (std::size_t part = 0; part <= random() % 3; ++part) {
            name += "/";
            for (std::size_t letter = 0; letter <= random() % 2; ++letter)
                name += letters[random() % letters.size()];
            name += part == 0 || random() % 2 == 0 ? "d" : "e";  // never "." or ".."
        }
        name += "/o";  // an object's last part is no folder's
        if (model.emplace(name, std::to_string(i)).second) this->put(name, std::to_string(i));
    }
    std::vector<std::string> all;
    for (const auto& [name, bytes] : model) all.push_back(name);
    EXPECT_EQ(this->names("lake/"), all);
    for (const std::size_t page : {1U, 3U, 50U}) {
        std::vector<std::string> paged;
        for (;;) {
            const auto next = this->names("", paged.empty() ? "" : paged.back(), page);
            if (next.empty()) break;
            paged.insert(paged.end(), next.begin(), next.end());
        }
        EXPECT_EQ(paged, all) << page;
    }
}

TYPED_TEST_P(ObjectStoreContract, of_many_puts_at_once_one_wins) {
    constexpr int kThreads = 4;
    for (int round = 0; round < 20; ++round) {
        const std::string name = "lake/round/" + std::to_string(round);
        std::atomic<int> created{0};
        std::vector<std::thread> threads;
        for (int t = 0; t < kThreads; ++t)
            threads.emplace_back([&, t] {
                const auto put =
                    this->store().put_if_absent(name, std::string(1000, static_cast<char>('a' + t)));
                if (put && *put == PutOutcome::created) ++created;
            });
        for (std::thread& thread : threads) thread.join();
        EXPECT_EQ(created, 1);
        const std::string bytes = this->get(name);
        EXPECT_EQ(bytes, std::string(1000, bytes[0]));
    }
}

REGISTER_TYPED_TEST_SUITE_P(ObjectStoreContract, an_empty_store_holds_nothing, reads_what_was_put,
                            the_first_put_stays, a_removed_object_is_gone_and_may_come_again,
                            a_prefix_is_no_object, names_that_could_mean_two_things_are_refused,
                            lists_in_byte_order_across_folders, pages_give_the_same_as_one_listing,
                            of_many_puts_at_once_one_wins);

}  // namespace tillstream::testing
