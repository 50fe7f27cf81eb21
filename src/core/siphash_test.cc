#include "core/siphash.h"

#include <gtest/gtest.h>

#include "core/digest.h"

namespace tillstream {
namespace {

SipHash128::Key reference_key() {
    SipHash128::Key key;
    for (std::uint8_t i = 0; i < 16; ++i) key[i] = i;
    return key;
}

std::string hex(const SipHash128::Digest& digest) {
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

TEST(SipHashTest, GivesTheVectorsOfItsAuthors) {
    SipHash128 hash;
    EXPECT_EQ(hex(hash(reference_key(), "")), "a3817f04ba25a8e66df67214c7550293");
    EXPECT_EQ(hex(hash(reference_key(), std::string_view("\0", 1))), "da87c1d86b99af44347659119b22fc45");
}

TEST(SipHashTest, TwoTextsAreOneAndTheKeyCounts) {
    SipHash128 hash;
    EXPECT_EQ(hash(reference_key(), "till", "stream"), hash(reference_key(), "tillstream"));
    SipHash128::Key other = reference_key();
    other[15] ^= 1;
    EXPECT_NE(hash(other, "tillstream"), hash(reference_key(), "tillstream"));
    EXPECT_EQ(hash(reference_key(), "again"), SipHash128()(reference_key(), "again"));
}

}  // namespace
}  // namespace tillstream
