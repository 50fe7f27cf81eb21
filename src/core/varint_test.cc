#include "core/varint.h"

#include <gtest/gtest.h>

#include <iostream>
#include <limits>
#include <random>

namespace tillstream {
namespace {

template <class Unsigned>
void expect_back(Unsigned value) {
    char bytes[kVarint128BytesMax];
    const char* end = write_varint(bytes, value);
    const char* at = bytes;
    Unsigned read = 0;
    ASSERT_TRUE(read_varint(at, end, read));
    EXPECT_TRUE(read == value);
    EXPECT_EQ(at, end);
    for (const char* cut = bytes; cut != end; ++cut) {
        at = bytes;
        EXPECT_FALSE(read_varint(at, cut, read));
    }
}

TEST(Varint, EveryLengthComesBackAndNoneIsReadWhenCutOff) {
    for (unsigned bit = 0; bit < 64; ++bit) {
        expect_back((std::uint64_t{1} << bit) - 1);
        expect_back(std::uint64_t{1} << bit);
    }
    for (unsigned bit = 0; bit < 128; ++bit) {
        expect_back((UInt128{1} << bit) - 1);
        expect_back(UInt128{1} << bit);
    }
    expect_back(std::numeric_limits<std::uint64_t>::max());
    expect_back(~UInt128{0});
}

TEST(Varint, ANumberTooLargeForItsTypeIsRefused) {
    char bytes[kVarint128BytesMax];
    const char* end = write_varint(bytes, UInt128{1} << 64);
    const char* at = bytes;
    std::uint64_t narrow = 0;
    EXPECT_FALSE(read_varint(at, end, narrow));
    const char endless[] =
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    at = endless;
    UInt128 wide = 0;
    EXPECT_FALSE(read_varint(at, endless + sizeof endless - 1, wide));
}

TEST(Varint, SignsFoldAndUnfold) {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937_64 random(seed);
    EXPECT_EQ(fold_sign(0), 0U);
    EXPECT_EQ(fold_sign(-1), 1U);
    EXPECT_EQ(fold_sign(1), 2U);
    for (int i = 0; i < 10'000; ++i) {
        const auto value = static_cast<std::int64_t>(random() >> (random() % 64));
        EXPECT_EQ(unfold_sign(fold_sign(value)), value);
        EXPECT_EQ(unfold_sign(fold_sign(-value)), -value);
        const Int128 wide = Int128{value} * static_cast<std::int64_t>(random());
        EXPECT_TRUE(unfold_sign128(fold_sign128(wide)) == wide);
    }
    constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
    EXPECT_EQ(unfold_sign(fold_sign(kLeast)), kLeast);
}

}  // namespace
}  // namespace tillstream
