#include "core/siphash.h"

#include <gtest/gtest.h>

#include "core/digest.h"

namespace tillstream {
namespace {

SipHashKey reference_key() {
    SipHashKey key;
    for (std::uint8_t i = 0; i < 16; ++i) key[i] = i;
    return key;
}

std::string hex(const SipHashDigest& digest) {
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

TEST(SipHashTest, GivesTheVectorsOfItsAuthors) {
    EXPECT_EQ(hex(siphash128(reference_key(), "")), "a3817f04ba25a8e66df67214c7550293");
    EXPECT_EQ(hex(siphash128(reference_key(), std::string_view("\0", 1))),
              "da87c1d86b99af44347659119b22fc45");
}

/// Of the bytes 0, 1, 2, ... as far as each length, in pieces cut anywhere.
TEST(SipHashTest, LengthsAndCutsDoNotMatter) {
    std::string text;
    std::string all;
    for (int size = 0; size < 64; ++size) {
        const SipHashDigest whole = siphash128(reference_key(), text);
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            EXPECT_EQ(siphash128(reference_key(), std::string_view(text).substr(0, cut),
                                 std::string_view(text).substr(cut)),
                      whole);
        }
        all += hex(whole);
        text += static_cast<char>(size);
    }
    // What libcrypto gives for the same 64 texts.
    EXPECT_EQ(sha256_hex(all), "827e8ca7940393c905d45246fd3758cc099a15a89177822377882f874e92898d");
}

TEST(SipHashTest, TwoTextsAreOneAndTheKeyCounts) {
    EXPECT_EQ(siphash128(reference_key(), "till", "stream"), siphash128(reference_key(), "tillstream"));
    SipHashKey other = reference_key();
    other[15] ^= 1;
    EXPECT_NE(siphash128(other, "tillstream"), siphash128(reference_key(), "tillstream"));
    EXPECT_EQ(siphash128(reference_key(), "again"), siphash128(reference_key(), "again"));
}

TEST(SipHashTest, EachOfTwoIsWhatItIsAlone) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += static_cast<char>(i * 7);
    for (std::size_t one = 0; one <= text.size(); ++one) {
        for (std::size_t other = 0; other <= text.size(); ++other) {
            const std::string_view first = std::string_view(text).substr(0, one);
            const std::string_view second = std::string_view(text).substr(text.size() - other);
            const auto both = siphash128_each(reference_key(), first, second);
            EXPECT_EQ(both[0], siphash128(reference_key(), first));
            EXPECT_EQ(both[1], siphash128(reference_key(), second));
        }
    }
}

}  // namespace
}  // namespace tillstream
