#include "codec/base64.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(Base64, MatchesTheVectorsOfRfc4648) {
    EXPECT_EQ(base64(""), "");
    EXPECT_EQ(base64("f"), "Zg==");
    EXPECT_EQ(base64("fo"), "Zm8=");
    EXPECT_EQ(base64("foo"), "Zm9v");
    EXPECT_EQ(base64("foob"), "Zm9vYg==");
    EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
    EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, TakesBytesWithTheHighBitSet) {
    EXPECT_EQ(base64(std::string_view("\xFF\xFE\x00\xA3", 4)), "//4Aow==");
}

TEST(Base64, AppendsBehindWhatIsThere) {
    std::string out = "x";
    append_base64(out, "f");
    EXPECT_EQ(out, "xZg==");
}

}  // namespace
}  // namespace tillstream
