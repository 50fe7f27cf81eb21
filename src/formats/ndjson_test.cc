#include "formats/ndjson.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tillstream {
namespace {

using Texts = std::vector<std::string>;

/// "key=value,..." of good records, "!" and the code of broken ones.
Texts read(std::string_view text, DecodeLimits limits = {}, Texts* raw = nullptr) {
    static constexpr std::string_view kCodes[] = {"syntax",        "encoding", "type",     "range",
                                                  "scale",         "format",   "required", "duplicate",
                                                  "unknown_field", "rule",     "size",     "depth"};
    Buffer padded(text);
    NdjsonReader reader(limits);
    reader.open(padded.view());
    Texts lines;
    JsonRecord record;
    while (reader.next(record)) {
        std::string line;
        if (record.broken) line = "!" + std::string(kCodes[static_cast<std::size_t>(record.broken->code)]);
        for (const auto& field : record.fields)
            line += (line.empty() ? "" : ",") + std::string(field.key) + "=" + std::string(field.text);
        lines.push_back(line);
        if (raw) raw->emplace_back(record.raw);
    }
    return lines;
}

TEST(Ndjson, ReadsLinesOfEitherEnd) {
    EXPECT_EQ(read("{\"a\":1}\n{\"a\":2}\n"), (Texts{"a=1", "a=2"}));
    EXPECT_EQ(read("{\"a\":1}\r\n{\"a\":2}\r\n"), (Texts{"a=1", "a=2"}));
    EXPECT_EQ(read("{\"a\":1}\r\n{\"a\":2}"), (Texts{"a=1", "a=2"}));
}

TEST(Ndjson, SkipsBlankLinesAndAByteOrderMark) {
    EXPECT_EQ(read("\xEF\xBB\xBF\n{\"a\":1}\n\n \t\r\n{\"a\":2}\n\n"), (Texts{"a=1", "a=2"}));
    EXPECT_EQ(read(""), Texts{});
    EXPECT_EQ(read("\n"), Texts{});
}

TEST(Ndjson, ABrokenLineCostsItself) {
    Texts raw;
    EXPECT_EQ(read("{\"a\":1}\n{\"a\":\n{\"a\":3}\n[4]\n{\"a\":5}}\n{\"a\":6}\n", {}, &raw),
              (Texts{"a=1", "!syntax", "a=3", "!type", "!syntax", "a=6"}));
    EXPECT_EQ(raw[1], "{\"a\":");
    EXPECT_EQ(raw[3], "[4]");
}

TEST(Ndjson, AnOpenQuoteOrBadByteCostsItsLine) {
    EXPECT_EQ(read("{\"a\":1}\n{\"a\":\"2}\n{\"a\":3}\n"), (Texts{"a=1", "!syntax", "a=3"}));
    EXPECT_EQ(read("{\"a\":\"1}\n{\"a\":\"2}\n{\"a\":3}\n"), (Texts{"!syntax", "!syntax", "a=3"}));
    EXPECT_EQ(read("{\"a\":1}\n{\"a\":\"\xA3\"}\n{\"a\":3}\n"), (Texts{"a=1", "!encoding", "a=3"}));
    EXPECT_EQ(read("{\"a\":1}\n{\"a\":2}\\\n{\"a\":3}\n"), (Texts{"a=1", "!syntax", "a=3"}));
    EXPECT_EQ(read("{\"a\":1}\n\"\\\n{\"a\":3}\n"), (Texts{"a=1", "!syntax", "a=3"}));
}

TEST(Ndjson, TwoObjectsOnALineAreBroken) {
    EXPECT_EQ(read("{\"a\":1}{\"a\":2}\n{\"a\":3}"), (Texts{"!syntax", "a=3"}));
}

TEST(Ndjson, LimitsSizeAndDepthOfALine) {
    const std::string large = "{\"a\":\"" + std::string(100, 'x') + "\"}";
    EXPECT_EQ(read("{\"a\":1}\n" + large + "\n{\"a\":3}", {.record_bytes = 100}),
              (Texts{"a=1", "!size", "a=3"}));
    EXPECT_EQ(read("{\"a\":[[1]]}\n{\"a\":[1]}", {.depth = 2}), (Texts{"!depth", "a=[1]"}));
}

TEST(Ndjson, ReadsLinesLongerThanAWindow) {
    const std::string large = "{\"a\":\"" + std::string(300000, 'x') + "\"}";
    std::string text;
    for (int i = 0; i < 3000; ++i)
        text += "{\"i\":" + std::to_string(i) + ",\"pad\":\"" + std::string(60, 'p') + "\"}\n";
    auto got = read(text + large + "\n" + text);
    ASSERT_EQ(got.size(), 6001u);
    EXPECT_EQ(got[3000].size(), 300002u);
    EXPECT_TRUE(got[2999].starts_with("i=2999,"));
    EXPECT_TRUE(got[6000].starts_with("i=2999,"));
}

TEST(Ndjson, DamageCostsOneLineOfManyWindows) {
    const unsigned seed = 84406;
    std::mt19937 random(seed);
    std::string good;
    for (int i = 0; i < 2500; ++i)
        good += "{\"i\":" + std::to_string(i) + ",\"text\":\"a\\/b \xC2\xA3" +
                std::string(random() % 120, 't') + "\"}\n";
    for (int round = 0; round < 60; ++round) {
        std::string text = good;
        std::size_t at = random() % text.size();
        if (text[at] == '\n') --at;
        const char byte = std::array{'\xFF', '"', '\\', '{', ',', '\x01', '\0', ' '}[random() % 8];
        const auto line =
            static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<long>(at), '\n'));
        text[at] = byte;
        auto got = read(text);
        ASSERT_EQ(got.size(), 2500u) << "seed " << seed << " round " << round;
        for (std::size_t i = 0; i < got.size(); ++i) {
            if (i == line) continue;
            ASSERT_TRUE(got[i].starts_with("i=" + std::to_string(i) + ",text=a/b "))
                << "seed " << seed << " round " << round;
        }
    }
}

}  // namespace
}  // namespace tillstream
