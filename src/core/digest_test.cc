#include "core/digest.h"

#include <gtest/gtest.h>

#include <utility>

namespace tillstream {
namespace {

std::string md5_hex(Md5& md5, std::string_view bytes) {
    const Md5::Digest digest = md5(bytes);
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

TEST(Md5, MatchesRfc1321AndCanBeReused) {
    Md5 md5;
    EXPECT_EQ(md5_hex(md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(md5_hex(md5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
    Md5 moved = std::move(md5);
    EXPECT_EQ(md5_hex(moved, "message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(Sha256, MatchesFips180) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, TakesItsInputInPieces) {
    Sha256 sha;
    for (const char* piece : {"a", "", "bc"}) sha.update(piece);
    EXPECT_EQ(sha.finish_hex(), sha256_hex("abc"));
}

TEST(RandomBytes, AreAsManyAsAskedForAndDiffer) {
    EXPECT_EQ(random_bytes(0), "");
    EXPECT_EQ(random_bytes(1000).size(), 1000U);
    EXPECT_NE(random_bytes(16), random_bytes(16));
}

TEST(ToHex, IsLowerCase) { EXPECT_EQ(to_hex(std::string_view("\x00\xAB\x7f", 3)), "00ab7f"); }

}  // namespace
}  // namespace tillstream
