#include "codec/charset.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tillstream {
namespace {

using namespace std::string_view_literals;

std::string utf8(Charset charset, std::string_view text) {
    Buffer out;
    to_utf8(charset, text, out);
    return std::string(out.view());
}

/// The same, a byte at a time.
std::string utf8_in_bytes(Charset charset, std::string_view text) {
    Buffer out;
    Transcoder transcoder(charset);
    for (char c : text) transcoder.feed({&c, 1}, out);
    transcoder.finish(out);
    return std::string(out.view());
}

TEST(Charset, KnowsNamesWhateverTheirCase) {
    EXPECT_EQ(charset_named("UTF-8"), Charset::utf8);
    EXPECT_EQ(charset_named("ISO-8859-1"), Charset::latin1);
    EXPECT_EQ(charset_named("utf-16"), Charset::utf16);
    EXPECT_EQ(charset_named("utf-16LE"), Charset::utf16le);
    EXPECT_EQ(charset_named("koi8-r"), std::nullopt);
    EXPECT_EQ(charset_named(""), std::nullopt);
}

TEST(Charset, JudgesUtf8AtEveryBorderOfItsRules) {
    for (auto good :
         {""sv, "plain"sv, "\xC2\x80"sv, "\xDF\xBF"sv, "\xE0\xA0\x80"sv, "\xED\x9F\xBF"sv, "\xEF\xBF\xBF"sv,
          "\xF0\x90\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv, "12345678\xC2\xA3 12345678"sv})
        EXPECT_TRUE(is_valid_utf8(good)) << testing::PrintToString(good);
    for (auto bad : {"\x80"sv, "\xC0\x80"sv, "\xC1\xBF"sv, "\xE0\x9F\xBF"sv, "\xED\xA0\x80"sv,
                     "\xF0\x8F\xBF\xBF"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv, "\xC2"sv, "\xE2\x82"sv,
                     "\xF0\x9F\x98"sv, "\xC2 "sv, "1234567\xA3"sv, "\xFF"sv})
        EXPECT_FALSE(is_valid_utf8(bad)) << testing::PrintToString(bad);
}

TEST(Charset, JudgesPiecesAsItJudgesTheWhole) {
    const unsigned seed = 20101201;
    std::mt19937 random(seed);
    const std::string_view parts[] = {"a",    "abcdefgh", "\xC2\xA3", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                      "\xA3", "\xE2\x82", "\xED\xA0"};
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (unsigned i = random() % 6; i > 0; --i) text += parts[random() % (round % 2 ? 5 : 8)];
        Utf8Validator validator;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t size = 1 + random() % 3;
            validator.feed(std::string_view(text).substr(at, size));
            at += size;
        }
        ASSERT_EQ(validator.valid(), is_valid_utf8(text)) << "seed " << seed << " round " << round;
    }
}

TEST(Charset, TurnsLatin1IntoUtf8) {
    EXPECT_EQ(utf8(Charset::latin1, "SMALL FLAG \xA3 5"), "SMALL FLAG \xC2\xA3 5");
    EXPECT_EQ(utf8(Charset::latin1, "\xFF"), "\xC3\xBF");
    EXPECT_EQ(utf8(Charset::latin1, ""), "");
}

TEST(Charset, DropsTheByteOrderMark) {
    EXPECT_EQ(utf8(Charset::utf8,
                   "\xEF\xBB\xBF"
                   "a,b"),
              "a,b");
    EXPECT_EQ(utf8(Charset::utf8, "\xEF\xBB"), "\xEF\xBB");
    EXPECT_EQ(utf8(Charset::utf16,
                   "\xFF\xFE"
                   "a\0b\0"sv),
              "ab");
    EXPECT_EQ(utf8(Charset::utf16, "\xFE\xFF\0a\0b"sv), "ab");
    EXPECT_EQ(utf8(Charset::utf16le,
                   "\xFF\xFE"
                   "a\0"sv),
              "a");
}

TEST(Charset, GuessesTheByteOrderOfUtf16WithoutAMark) {
    EXPECT_EQ(utf8(Charset::utf16, "I\0n\0"sv), "In");
    EXPECT_EQ(utf8(Charset::utf16, "\0I\0n"sv), "In");
}

TEST(Charset, JoinsSurrogatePairsAndKeepsHalvesVisible) {
    EXPECT_EQ(utf8(Charset::utf16be, "\xD8\x3D\xDE\x00"sv), "\xF0\x9F\x98\x80");
    for (auto half : {"\xD8\x3D"sv, "\xDE\x00"sv, "\xD8\x3D\0a"sv, "\0a\0"sv, "\xD8\x3D\xD8\x3D\xDE\x00"sv})
        EXPECT_FALSE(is_valid_utf8(utf8(Charset::utf16be, half))) << testing::PrintToString(half);
    EXPECT_EQ(utf8(Charset::utf16be, "\xD8\x3D\0\n\0b"sv).substr(3), "\nb") << "the next line is unharmed";
}

TEST(Charset, GivesTheSameForAnyCut) {
    for (auto charset : {Charset::utf8, Charset::latin1, Charset::utf16, Charset::utf16le, Charset::utf16be})
        for (auto text : {"\xFF\xFE"
                          "a\0\x3D\xD8\x00\xDE"sv,
                          "\xFE\xFF\0a\xD8\x3D\xDE\x00"sv,
                          "\xEF\xBB\xBF"
                          "ab\xC2\xA3"sv,
                          ""sv, "a"sv, "ab"sv})
            EXPECT_EQ(utf8_in_bytes(charset, text), utf8(charset, text))
                << to_string(charset) << testing::PrintToString(text);
}

TEST(Charset, DetectsByMarkThenByValidity) {
    EXPECT_EQ(detect_charset("\xFF\xFE"
                             "a\0"sv),
              Charset::utf16le);
    EXPECT_EQ(detect_charset("\xFE\xFF\0a"sv), Charset::utf16be);
    EXPECT_EQ(detect_charset("\xEF\xBB\xBF"
                             "a"sv),
              Charset::utf8);
    EXPECT_EQ(detect_charset("\xC2\xA3"sv), Charset::utf8);
    EXPECT_EQ(detect_charset("\xA3"sv), Charset::latin1);
    EXPECT_EQ(detect_charset(""), Charset::utf8);
}

}  // namespace
}  // namespace tillstream
