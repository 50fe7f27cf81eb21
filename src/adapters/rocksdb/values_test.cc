#include "adapters/rocksdb/internal/values.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>

namespace tillstream::rocks {
namespace {

const std::vector<TableAttribute> kAttributes = {{"v", TableBytes{std::string_view("\0\1\xff", 3)}},
                                                 {"text", std::string_view("536365")},
                                                 {"total", TableNumber{-25500, 4}},
                                                 {"yes", true},
                                                 {"no", false},
                                                 {"null", std::monostate{}}};

TEST(TableValues, AreWhatTheFormatSays) {
    std::string bytes;
    append_item(bytes, kAttributes);
    const std::string_view expected(
        "\x06"
        "\x01v\x05\x03\0\1\xff"
        "\x04text\x04\x06"
        "536365"
        "\x05total\x03\x04\xb7\x8e\x03"
        "\x03yes\x02"
        "\x02no\x01"
        "\x04null\x00",
        47);
    EXPECT_EQ(bytes, expected);
    const SinkPosition position{SourceId{5}, Offset{300}, "cur", Epoch{2}};
    EXPECT_EQ(position_value(position), std::string_view("\xac\x02\x02\x03"
                                                         "cur",
                                                         7));
}

TEST(TableValues, ComeBackAndAreNotReadCutOff) {
    std::string bytes;
    append_item(bytes, kAttributes);
    std::vector<TableAttribute> read;
    ASSERT_TRUE(read_item(bytes, read));
    EXPECT_EQ(read, kAttributes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const std::string cut(bytes, 0, size);  // a copy, so that a sanitizer sees a read beyond its end
        EXPECT_FALSE(read_item(cut, read)) << size;
    }
    EXPECT_FALSE(read_item(bytes + "x", read));
    SinkPosition position{SourceId{5}, Offset{300}, "cur", Epoch{2}};
    const std::string value = position_value(position);
    SinkPosition back{SourceId{5}, {}, {}, {}};
    ASSERT_TRUE(read_position(value, back));
    EXPECT_EQ(back, position);
    for (std::size_t size = 0; size < value.size(); ++size) {
        EXPECT_FALSE(read_position(std::string(value, 0, size), back)) << size;
    }
}

TEST(TableValues, NoBytesLeadBeyondTheEnd) {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937_64 random(seed);
    std::string bytes;
    append_item(bytes, kAttributes);
    std::vector<TableAttribute> read;
    SinkPosition position;
    for (int i = 0; i < 50'000; ++i) {
        std::string damaged = bytes;
        for (int flips = 0; flips < 3; ++flips) {
            damaged[random() % damaged.size()] ^= static_cast<char>(1u << (random() % 8));
        }
        damaged.resize(random() % (damaged.size() + 1));
        damaged.shrink_to_fit();
        (void)read_item(damaged, read);
        (void)read_position(damaged, position);
    }
}

}  // namespace
}  // namespace tillstream::rocks
