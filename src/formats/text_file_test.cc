#include "formats/text_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "formats/csv_file.h"

namespace tillstream {
namespace {

constexpr std::size_t kRecordMax = 1 << 20;

class TextFileTest : public testing::Test {
protected:
    TextFileTest() {
        std::string name = (std::filesystem::temp_directory_path() / "text_file_XXXXXX").string();
        dir_ = mkdtemp(name.data());
    }
    ~TextFileTest() override { std::filesystem::remove_all(dir_); }

    std::string file(std::string_view content) {
        std::string path = dir_ + "/input";
        EXPECT_TRUE(write_file_atomic(posix_filesystem(), path, content));
        return path;
    }
    Result<CsvFile> csv(std::string_view content, Charset charset,
                        std::size_t record_bytes_max = kRecordMax) {
        return CsvFile::open(TILLSTREAM_TRY(TextFile::open(posix_filesystem(), file(content), charset)),
                             record_bytes_max);
    }

    std::string dir_;
};

struct Rows {
    std::vector<std::string> values;
    std::size_t broken = 0;
};

Rows all_rows(CsvFile& csv) {
    Rows rows;
    CsvRow row;
    for (;;) {
        auto more = csv.next(row);
        EXPECT_TRUE(more);
        if (!more || !*more) return rows;
        rows.broken += row.broken ? 1 : 0;
        std::string line;
        for (auto value : row.values) line += std::string(value) + "|";
        rows.values.push_back(line);
    }
}

TEST_F(TextFileTest, ReadsRowsAcrossWindows) {
    std::string text = "a,b,c\r\n";
    std::string expected;
    constexpr int kRows = 200000;
    for (int i = 0; i < kRows; ++i)
        text += std::to_string(i) +
                (i % 3 ? ",plain \xA3 text and more of it,\"say \"\"x\"\"\"\r\n" : ",\"two\nlines\",\r\n");
    Buffer packed;
    ASSERT_TRUE(deflate(Encoding::zstd, text, packed));
    auto opened = csv(packed.view(), Charset::latin1, 4096);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->header(), (std::vector<std::string>{"a", "b", "c"}));
    const Rows rows = all_rows(*opened);
    EXPECT_EQ(rows.broken, 0u);
    ASSERT_EQ(rows.values.size(), static_cast<std::size_t>(kRows));
    for (int i = 0; i < kRows; ++i)
        ASSERT_EQ(
            rows.values[static_cast<std::size_t>(i)],
            std::to_string(i) + (i % 3 ? "|plain \xC2\xA3 text and more of it|say \"x\"|" : "|two\nlines||"));
}

TEST_F(TextFileTest, PassesALineLongerThanAnyWindow) {
    auto opened = csv("a,b\n1,2\n" + std::string(12 << 20, 'x') + "\n3,4\n", Charset::utf8, 1000);
    ASSERT_TRUE(opened);
    const Rows rows = all_rows(*opened);
    EXPECT_EQ(rows.broken, 1u);
    EXPECT_EQ(rows.values, (std::vector<std::string>{"1|2|", "", "3|4|"}));
}

TEST_F(TextFileTest, AnUnclosedQuoteCostsItsLineInAFileToo) {
    std::string text = "a,b\n1,\"2\n";
    for (int i = 0; i < 1000000; ++i) text += "3,4\n";
    auto opened = csv(text, Charset::utf8, 10000);
    ASSERT_TRUE(opened);
    const Rows rows = all_rows(*opened);
    EXPECT_EQ(rows.broken, 1u);
    EXPECT_EQ(rows.values.size(), 1000001u);
}

TEST_F(TextFileTest, RefusesAFileWithoutAHeaderLine) {
    auto opened = csv("", Charset::utf8);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::invalid_argument);
}

TEST_F(TextFileTest, DetectsTheCharsetOfTheWholeFile) {
    const std::string ascii(3 << 20, 'a');
    EXPECT_EQ(*detect_file_charset(posix_filesystem(), file(ascii)), Charset::utf8);
    EXPECT_EQ(*detect_file_charset(posix_filesystem(), file(ascii + "\xA3")), Charset::latin1);
    EXPECT_EQ(*detect_file_charset(posix_filesystem(), file(ascii + "\xC2")), Charset::latin1);
    EXPECT_EQ(*detect_file_charset(posix_filesystem(), file(ascii + "\xC2\xA3")), Charset::utf8);
    EXPECT_EQ(*detect_file_charset(posix_filesystem(), file("\xFE\xFF")), Charset::utf16be);
}

/// The real sample in every dress it may come in. The folder of real data lies beside the repository.
class QuirksSample : public TextFileTest {
protected:
    void SetUp() override {
        const char* given = std::getenv("TILL_SHARED_DATA");
        std::filesystem::path root = given ? given : "";
        for (auto dir = std::filesystem::current_path(); root.empty() && dir != dir.root_path();
             dir = dir.parent_path())
            if (std::filesystem::exists(dir / "shared/data/online_retail")) root = dir / "shared/data";
        auto sample = read_file(posix_filesystem(), (root / "online_retail/quirks_sample.csv").string());
        if (!sample)
            GTEST_SKIP() << "quirks_sample.csv is not there; TILL_SHARED_DATA may name its folder";
        latin1_ = *sample;
        Buffer out;
        to_utf8(Charset::latin1, latin1_, out);
        utf8_ = std::string(out.view());
    }

    void expect_all_rows(std::string_view content, Charset charset) {
        auto opened = csv(content, charset);
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->header().size(), 8u);
        EXPECT_EQ(opened->header()[0], "InvoiceNo");
        const Rows rows = all_rows(*opened);
        EXPECT_EQ(rows.broken, 0u);
        EXPECT_EQ(rows.values.size(), 113u);
        EXPECT_TRUE(std::ranges::any_of(rows.values,
                                        [](const auto& row) { return row.find("\xC2\xA3") != row.npos; }));
        EXPECT_TRUE(std::ranges::any_of(
            rows.values, [](const auto& row) { return row.find("LOUNGE,METAL") != row.npos; }));
    }

    static std::string with_ends(std::string text, std::string_view end) {
        std::erase(text, '\r');
        std::string out;
        for (char c : text) out += c == '\n' ? std::string(end) : std::string(1, c);
        return out;
    }

    std::string latin1_;
    std::string utf8_;
};

TEST_F(QuirksSample, IsDetectedAsLatin1) {
    EXPECT_EQ(*detect_file_charset(posix_filesystem(), file(latin1_)), Charset::latin1);
    expect_all_rows(latin1_, Charset::latin1);
}

TEST_F(QuirksSample, ReadsTheSameWithEveryLineEndAndMark) {
    for (std::string_view end : {"\n", "\r", "\r\n"}) {
        expect_all_rows(with_ends(latin1_, end), Charset::latin1);
        expect_all_rows(with_ends(utf8_, end), Charset::utf8);
        expect_all_rows("\xEF\xBB\xBF" + with_ends(utf8_, end), Charset::utf8);
    }
}

TEST_F(QuirksSample, ReadsTheSameInUtf16) {
    std::string little = "\xFF\xFE";
    for (char c : latin1_) little += {c, '\0'};
    expect_all_rows(little, Charset::utf16);
    expect_all_rows(std::string_view(little).substr(2), Charset::utf16);
}

}  // namespace
}  // namespace tillstream
