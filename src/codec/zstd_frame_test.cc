#include "codec/zstd_frame.h"

#include <gtest/gtest.h>

#include <string>

namespace tillstream {
namespace {

std::string text_of(std::size_t lines) {
    std::string text;
    for (std::size_t i = 0; i < lines; ++i) text += "line " + std::to_string(i * 7919) + "\n";
    return text;
}

TEST(ZstdFrame, RoundTripsAndIsTheSameEveryTime) {
    ZstdFrameWriter writer(3);
    ZstdFrameReader reader;
    for (const std::size_t lines : {0U, 1U, 10U, 100000U}) {
        const std::string text = text_of(lines);
        Buffer one, two, back;
        ASSERT_TRUE(writer.append(text, one));
        ASSERT_TRUE(ZstdFrameWriter(3).append(text, two));
        EXPECT_EQ(one.view(), two.view());
        ASSERT_TRUE(reader.read(one.view(), text.size(), back));
        EXPECT_EQ(back.view(), text);
    }
}

TEST(ZstdFrame, AppendsBehindWhatIsThere) {
    Buffer out("before");
    ASSERT_TRUE(ZstdFrameWriter(1).append("text", out));
    EXPECT_EQ(out.view().substr(0, 6), "before");
    Buffer back;
    EXPECT_TRUE(ZstdFrameReader().read(out.view().substr(6), 4, back));
}

TEST(ZstdFrame, OnlyTheVeryFrameIsRead) {
    const std::string text = text_of(100);
    Buffer frame, back;
    ASSERT_TRUE(ZstdFrameWriter(3).append(text, frame));
    ZstdFrameReader reader;
    EXPECT_FALSE(reader.read(frame.view(), text.size() - 1, back));
    EXPECT_FALSE(reader.read(frame.view(), text.size() + 1, back));
    EXPECT_FALSE(reader.read(frame.view(), std::size_t{1} << 60, back));
    EXPECT_FALSE(reader.read(std::string(frame.view()) + "x", text.size(), back));
    EXPECT_FALSE(reader.read(std::string(frame.view()) + std::string(frame.view()), text.size(), back));
    for (std::size_t size = 0; size < frame.size(); ++size)
        EXPECT_EQ(reader.read(frame.view().substr(0, size), text.size(), back).error().code,
                  Errc::corruption);
    EXPECT_TRUE(reader.read(frame.view(), text.size(), back)) << "a context is fit again after an error";
}

TEST(ZstdFrame, EveryFlippedBitIsFoundOrHarmless) {
    const std::string text = text_of(20);
    Buffer frame, back;
    ASSERT_TRUE(ZstdFrameWriter(3).append(text, frame));
    ZstdFrameReader reader;
    std::size_t found = 0;
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
        std::string changed(frame.view());
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
        if (!reader.read(changed, text.size(), back)) {
            ++found;
        } else {
            EXPECT_EQ(back.view(), text);
        }
    }
    EXPECT_GT(found, frame.size() * 7);
}

}  // namespace
}  // namespace tillstream
