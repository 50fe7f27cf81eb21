#include "adapters/rocksdb/internal/keys.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <tuple>

namespace tillstream::rocks {
namespace {

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        text += kDigits[static_cast<unsigned char>(byte) >> 4];
        text += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

TEST(TableKeys, AreWhatTheFormatSays) {
    EXPECT_EQ(hex(kFormatKey), "00666f726d6174");
    EXPECT_EQ(hex(item_key({"invoices", "536365", "\1"})), "02696e766f6963657300010235333633363500010201");
    EXPECT_EQ(hex(item_key({"customers", std::int64_t{17850}, std::int64_t{-1}})),
              "02637573746f6d65727300010180000000000045ba017fffffffffffffff");
    EXPECT_EQ(hex(position_key("tables", SourceId{5})), "017461626c6573000100000005");
}

using Owned = std::variant<std::int64_t, std::string>;

Owned random_part(std::mt19937_64& random) {
    if (random() % 3 == 0)
        return static_cast<std::int64_t>(random() >> (random() % 64)) * (random() % 2 ? 1 : -1);
    std::string bytes(1 + random() % 4, '\0');
    for (char& byte : bytes) byte = "\0\1\2a\xff\xfe"[random() % 6];
    return bytes;
}

TableKeyPart view(const Owned& part) {
    if (const auto* number = std::get_if<std::int64_t>(&part)) return *number;
    return std::string_view(std::get<std::string>(part));
}

TEST(TableKeys, KeepTheOrderAndComeBack) {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937_64 random(seed);
    using Key = std::pair<Owned, Owned>;
    for (int i = 0; i < 20'000; ++i) {
        const Key a{random_part(random), random_part(random)};
        const Key b{random() % 2 ? a.first : random_part(random), random_part(random)};
        const std::string a_key = item_key({"t", view(a.first), view(a.second)});
        const std::string b_key = item_key({"t", view(b.first), view(b.second)});
        EXPECT_EQ(a < b, a_key < b_key);
        EXPECT_EQ(a == b, a_key == b_key);
        std::string prefix;
        append_table(prefix, "t");
        KeyScratch scratch;
        TableKeyPart partition;
        TableKeyPart sort;
        ASSERT_TRUE(read_item_key(std::string_view(a_key).substr(prefix.size()), scratch, partition, sort));
        EXPECT_EQ(partition, view(a.first));
        EXPECT_EQ(sort, view(a.second));
    }
}

TEST(TableKeys, WhatIsNoKeyIsRefused) {
    const std::string key = item_key({"", std::string_view("a\0b", 3), std::int64_t{7}}).substr(3);
    KeyScratch scratch;
    TableKeyPart partition;
    TableKeyPart sort;
    ASSERT_TRUE(read_item_key(key, scratch, partition, sort));
    for (std::size_t size = 0; size < key.size(); ++size) {
        EXPECT_FALSE(read_item_key(std::string_view(key).substr(0, size), scratch, partition, sort)) << size;
    }
    EXPECT_FALSE(read_item_key(key + "x", scratch, partition, sort));
    const std::string position = position_key("c", SourceId{9});
    std::string consumer;
    SourceId source;
    ASSERT_TRUE(read_position_key(position, consumer, source));
    EXPECT_EQ(consumer, "c");
    EXPECT_EQ(source, SourceId{9});
    for (std::size_t size = 0; size < position.size(); ++size) {
        EXPECT_FALSE(read_position_key(std::string_view(position).substr(0, size), consumer, source));
    }
}

}  // namespace
}  // namespace tillstream::rocks
