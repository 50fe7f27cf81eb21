#include "codec/compression.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tillstream {
namespace {

std::string packed(Encoding encoding, std::string_view text) {
    Buffer out;
    EXPECT_TRUE(deflate(encoding, text, out));
    return std::string(out.view());
}

std::string rows(std::size_t count) {
    std::mt19937 random(7);
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += R"({"InvoiceNo":"53)" + std::to_string(random()) + R"(","Quantity":)" +
                std::to_string(random() % 100) + "}\n";
    return text;
}

class Compression : public testing::TestWithParam<Encoding> {};
INSTANTIATE_TEST_SUITE_P(All, Compression,
                         testing::Values(Encoding::identity, Encoding::gzip, Encoding::zstd),
                         [](const auto& test) { return std::string(to_string(test.param)); });
class RealCompression : public Compression {};
INSTANTIATE_TEST_SUITE_P(All, RealCompression, testing::Values(Encoding::gzip, Encoding::zstd),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST_P(Compression, GivesBackWhatWentIn) {
    for (const std::string& text : {std::string(), std::string("x"), rows(10), rows(20000)}) {
        Buffer out("head:");
        ASSERT_TRUE(inflate(GetParam(), packed(GetParam(), text), out));
        EXPECT_EQ(out.view(), "head:" + text);
    }
}

TEST_P(Compression, ReadsMembersInARow) {
    Buffer out;
    ASSERT_TRUE(inflate(
        GetParam(), packed(GetParam(), "one,") + packed(GetParam(), "") + packed(GetParam(), "two"), out));
    EXPECT_EQ(out.view(), "one,two");
}

TEST_P(Compression, JustFitsOrIsRefused) {
    const std::string text = rows(1000);
    const std::string in = packed(GetParam(), text);
    Buffer out("kept");
    auto refused = inflate(GetParam(), in, out, {.max_bytes = text.size() - 1});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::resource_exhausted);
    EXPECT_EQ(out.view(), "kept");
    EXPECT_TRUE(inflate(GetParam(), in, out, {.max_bytes = text.size()}));
}

TEST_P(RealCompression, RefusesABombByItsRatio) {
    const std::string in = packed(GetParam(), std::string(32 << 20, 'x'));
    Buffer out;
    auto refused = inflate(GetParam(), in, out, {.max_bytes = 1 << 30, .ratio = 100});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::resource_exhausted);
}

TEST_P(RealCompression, RefusesWhatIsCutOff) {
    const std::string in = packed(GetParam(), rows(100));
    for (std::size_t size = 0; size < in.size(); size += 1 + size / 8) {
        Buffer out;
        auto refused = inflate(GetParam(), std::string_view(in).substr(0, size), out);
        ASSERT_FALSE(refused) << size;
        EXPECT_EQ(refused.error().code, Errc::invalid_argument) << size;
    }
}

TEST_P(RealCompression, RefusesGarbageBehindTheText) {
    Buffer out;
    auto refused = inflate(GetParam(), packed(GetParam(), "text") + "garbage", out);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

TEST_P(RealCompression, NeverReturnsOtherTextThanWasPacked) {
    const unsigned seed = 541909;
    std::mt19937 random(seed);
    const std::string text = rows(50);
    const std::string good = packed(GetParam(), text);
    for (int round = 0; round < 2000; ++round) {
        std::string bad = good;
        bad[random() % bad.size()] ^= static_cast<char>(1 << random() % 8);
        Buffer out;
        // A flipped bit in a field without meaning may pass; the checksum guards the content.
        if (!inflate(GetParam(), bad, out)) continue;
        ASSERT_EQ(out.view(), text) << "seed " << seed << " round " << round;
    }
}

TEST_P(RealCompression, IsDetectedByItsFirstBytes) {
    EXPECT_EQ(detect_encoding(packed(GetParam(), "x")), GetParam());
}

TEST_P(RealCompression, InflatesByteByByte) {
    const std::string text = rows(20);
    const std::string in = packed(GetParam(), text);
    Inflater inflater(GetParam());
    std::string out;
    char byte = 0;
    for (char c : in) {
        for (std::string_view rest(&c, 1);;) {
            auto step = inflater.step(rest, &byte, 1);
            ASSERT_TRUE(step);
            rest.remove_prefix(step->consumed);
            out.append(&byte, step->produced);
            if (step->produced == 0 && rest.empty()) break;
        }
    }
    EXPECT_TRUE(inflater.complete());
    EXPECT_EQ(out, text);
}

TEST(CompressionNames, FollowContentEncoding) {
    EXPECT_EQ(encoding_named("GZip"), Encoding::gzip);
    EXPECT_EQ(encoding_named("x-gzip"), Encoding::gzip);
    EXPECT_EQ(encoding_named("zstd"), Encoding::zstd);
    EXPECT_EQ(encoding_named(""), Encoding::identity);
    EXPECT_EQ(encoding_named("br"), std::nullopt);
    EXPECT_EQ(detect_encoding("InvoiceNo"), Encoding::identity);
    EXPECT_EQ(detect_encoding(""), Encoding::identity);
}

}  // namespace
}  // namespace tillstream
