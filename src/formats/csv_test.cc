#include "formats/csv.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tillstream {
namespace {

using Texts = std::vector<std::string>;

struct Row {
    Texts values;
    std::string raw;
    std::optional<BrokenRecord> broken;
};

struct Table {
    Texts header;
    std::vector<Row> rows;
    std::optional<BodyError> error;
};

Table read(std::string_view text, std::size_t record_bytes_max = 1 << 20) {
    Table table;
    CsvReader reader(record_bytes_max);
    reader.open(text);
    std::vector<std::string_view> names;
    table.error = reader.read_header(names);
    if (table.error) return table;
    table.header.assign(names.begin(), names.end());
    std::vector<std::vector<std::string_view>> views;
    CsvRow row;
    while (reader.next(row)) {
        views.emplace_back(row.values.begin(), row.values.end());
        table.rows.push_back({{}, std::string(row.raw), row.broken});
    }
    // Only now: views must live until the end.
    for (std::size_t i = 0; i < views.size(); ++i)
        table.rows[i].values.assign(views[i].begin(), views[i].end());
    return table;
}

/// Values of good rows joined by '|', broken ones as their code.
Texts outline(const Table& table) {
    Texts lines;
    for (const Row& row : table.rows) {
        std::string line = row.broken ? "!" + row.broken->expected : "";
        for (std::size_t i = 0; i < row.values.size(); ++i) line += (i == 0 ? "" : "|") + row.values[i];
        lines.push_back(line);
    }
    return lines;
}

TEST(Csv, ReadsHeaderAndRows) {
    auto table = read("a,b,c\n1,2,3\n4,,6\n");
    EXPECT_EQ(table.header, (Texts{"a", "b", "c"}));
    EXPECT_EQ(outline(table), (Texts{"1|2|3", "4||6"}));
    EXPECT_EQ(table.rows[1].raw, "4,,6");
}

TEST(Csv, TakesEveryLineEndAlsoMixed) {
    for (std::string end : {"\n", "\r\n", "\r"}) {
        auto table = read("a,b" + end + "1,2" + end + end + "3,4" + end);
        EXPECT_EQ(outline(table), (Texts{"1|2", "3|4"})) << testing::PrintToString(end);
    }
    EXPECT_EQ(outline(read("a,b\r\n1,2\r3,4\n5,6")), (Texts{"1|2", "3|4", "5|6"}));
}

TEST(Csv, NeedsNoEndOfTheLastRow) {
    EXPECT_EQ(outline(read("a,b\n1,2")), (Texts{"1|2"}));
    EXPECT_EQ(outline(read("a,b\n1,")), (Texts{"1|"}));
    EXPECT_EQ(outline(read("a,b\n1,\"2\"")), (Texts{"1|2"}));
    EXPECT_EQ(outline(read("a,b\n,")), (Texts{"|"}));
}

TEST(Csv, SkipsAByteOrderMark) {
    EXPECT_EQ(read("\xEF\xBB\xBFInvoiceNo,b\n1,2\n").header, (Texts{"InvoiceNo", "b"}));
    EXPECT_EQ(read("\xEF\xBB\xBF\"a,a\",b\n1,2\n").header, (Texts{"a,a", "b"}));
}

TEST(Csv, UnquotesFields) {
    auto table = read("a,b\n\"AIRLINE LOUNGE,METAL SIGN\",\"\"\n\"say \"\"hi\"\"\",\"\"\"\"\n");
    EXPECT_EQ(outline(table), (Texts{"AIRLINE LOUNGE,METAL SIGN|", "say \"hi\"|\""}));
    EXPECT_EQ(table.rows[0].raw, "\"AIRLINE LOUNGE,METAL SIGN\",\"\"");
}

TEST(Csv, KeepsLineEndsInsideQuotes) {
    auto table = read("a,b\n\"one\ntwo\r\nthree\",2\n3,4\n");
    EXPECT_EQ(outline(table), (Texts{"one\ntwo\r\nthree|2", "3|4"}));
    EXPECT_EQ(table.rows[0].raw, "\"one\ntwo\r\nthree\",2");
}

TEST(Csv, TakesAQuoteInsideAnUnquotedFieldAsItIs) {
    EXPECT_EQ(outline(read("a,b\n5\" nail,x\"\"y\n3,4\n")), (Texts{"5\" nail|x\"\"y", "3|4"}));
}

TEST(Csv, KeepsBlanksAroundFields) { EXPECT_EQ(outline(read("a,b\n 1 ,\t2\n")), (Texts{" 1 |\t2"})); }

TEST(Csv, BreaksOnlyRowsOfAnotherWidth) {
    auto table = read("a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n");
    ASSERT_EQ(table.rows.size(), 4u);
    ASSERT_TRUE(table.rows[1].broken);
    EXPECT_EQ(table.rows[1].broken->code, FieldErrorCode::syntax);
    EXPECT_EQ(table.rows[1].broken->expected, "3 fields");
    EXPECT_EQ(table.rows[1].broken->found, "2 fields");
    EXPECT_EQ(table.rows[1].raw, "4,5");
    EXPECT_EQ(table.rows[2].broken->found, "4 fields");
    EXPECT_EQ(table.rows[3].values, (Texts{"10", "11", "12"}));
}

TEST(Csv, AnUnclosedQuoteCostsItsLineOnly) {
    auto table = read("a,b\n1,2\n3,\"four\n5,6\n7,8\n");
    EXPECT_EQ(outline(table), (Texts{"1|2", "!a closing quote", "5|6", "7|8"}));
    EXPECT_EQ(table.rows[1].raw, "3,\"four");
    EXPECT_EQ(table.rows[1].broken->found, "\"four");
}

TEST(Csv, AQuoteThatClosesInAnotherRowsFieldCostsItsLineOnly) {
    auto table = read("a,b\n1,\"two\n3,\"four\"\n5,6\n");
    EXPECT_EQ(outline(table), (Texts{"!a closing quote", "3|four", "5|6"}));
}

TEST(Csv, AQuoteThatSwallowsRowsIsUndoneIfTheWidthIsWrong) {
    auto table = read("a,b,c\n1,2,\"three\n4,5,6\n7,8\"\n9,10,11\n");
    EXPECT_EQ(outline(table)[0], "1|2|three\n4,5,6\n7,8") << "a fitting row over several lines stands";
    table = read("a,b,c\n1,\"two,three\n4,5,6\n7,8,9\"\n10,11,12\n");
    EXPECT_EQ(outline(table), (Texts{"!3 fields", "4|5|6", "7|8|9\"", "10|11|12"}));
}

TEST(Csv, TextBehindAClosingQuoteBreaksTheLine) {
    EXPECT_EQ(outline(read("a,b\n\"1\" ,2\n3,4\n")), (Texts{"!a closing quote", "3|4"}));
    EXPECT_EQ(outline(read("a,b\n\"x\ny\",\"1\"z\n3,4\n")),
              (Texts{"!a closing quote", "!a closing quote", "3|4"}));
}

TEST(Csv, BreaksTheLineThatIsNoUtf8) {
    auto table = read("a,b\n1,\xC2\xA3\n2,\xA3\n3,4\n");
    EXPECT_EQ(outline(table), (Texts{"1|\xC2\xA3", "!valid text", "3|4"}));
    EXPECT_EQ(table.rows[1].broken->code, FieldErrorCode::encoding);
    EXPECT_EQ(table.rows[1].broken->found, "byte 0xA3 at 2");
    EXPECT_EQ(table.rows[1].raw, "2,\xA3");
}

TEST(Csv, BreaksTheRowThatIsTooLarge) {
    const std::string large(200, 'x');
    auto table =
        read("a,b\n1,2\n" + large + ",2\n3,4\n\"" + large + "\",1\n5,6\n\"" + large + "\ny\",1\n", 100);
    EXPECT_EQ(outline(table), (Texts{"1|2", "!at most 100 bytes", "3|4", "!at most 100 bytes", "5|6",
                                     "!at most 100 bytes", "y\"|1"}))
        << "a quote is sought no further than a record may reach";
    EXPECT_EQ(table.rows[1].broken->code, FieldErrorCode::size);
    EXPECT_EQ(table.rows[1].broken->found, "202 bytes");
}

TEST(Csv, RefusesATextWithoutAHeaderLine) {
    EXPECT_TRUE(read("").error);
    EXPECT_TRUE(read("\r\n\n").error);
    EXPECT_EQ(read("\"a,b\n1,2\n").error->code, FieldErrorCode::syntax);
    EXPECT_EQ(read("a,\xA3\n1,2\n").error->code, FieldErrorCode::encoding);
    EXPECT_TRUE(read("a,b").rows.empty());
    EXPECT_FALSE(read("a,b").error);
}

TEST(Csv, KeepsNoMoreFieldsThanARecordMayHave) {
    CsvReader reader(1'000);
    const std::string text = "a,b\n" + std::string(1 << 20, ',');
    reader.open(text);
    std::vector<std::string_view> names;
    ASSERT_FALSE(reader.read_header(names));
    CsvRow row;
    ASSERT_TRUE(reader.next(row));
    ASSERT_TRUE(row.broken);
    EXPECT_EQ(row.broken->found, std::to_string(1 << 20) + " bytes");
    EXPECT_LT(reader.kept_bytes(), 100'000U);
    EXPECT_FALSE(reader.next(row)) << "the line is left as a whole";
}

/// How far the rows of a text were read beyond what they took, and how many there are.
std::pair<std::uint64_t, std::size_t> given_back(std::string_view text, std::size_t record_bytes_max) {
    CsvReader reader(record_bytes_max);
    reader.open(text);
    std::vector<std::string_view> names;
    EXPECT_FALSE(reader.read_header(names));
    std::size_t rows = 0;
    for (CsvRow row; reader.next(row);) ++rows;
    return {reader.given_back(), rows};
}

TEST(Csv, QuotesThatOpenOnEachLineAreNotReadToTheEndEachTime) {
    constexpr std::size_t kLines = 4'000;
    std::string text = "a\n";
    for (std::size_t i = 0; i < kLines; ++i) text += "a\",\"\n";
    const auto [bytes, rows] = given_back(text, 1 << 20);
    EXPECT_EQ(rows, kLines);
    EXPECT_LT(bytes, text.size());
}

TEST(Csv, NoTextIsReadOverAndOver) {
    constexpr std::size_t kRecord = 1'000, kLines = 20'000;
    std::string text = "a" + std::string(900, ',') + "\n";  // so wide that no row is too wide
    for (std::size_t i = 0; i < kLines; ++i) text += "a\",\"\n";
    const auto [bytes, rows] = given_back(text, kRecord);
    EXPECT_EQ(rows, kLines);
    EXPECT_LT(bytes, text.size() + 7 * kRecord);
}

TEST(Csv, AFewUndoneRowsLeaveRowsOfSeveralLines) {
    constexpr std::size_t kRecord = 1'000;
    std::string text = "a,b\n";
    for (int i = 0; i < 100; ++i) text += "1,\"x\n2,\"y\nz\"\n";
    const auto table = read(text, kRecord);
    ASSERT_EQ(table.rows.size(), 200U);
    for (std::size_t i = 0; i < 200; i += 2) {
        EXPECT_TRUE(table.rows[i].broken) << i;
        EXPECT_EQ(table.rows[i + 1].values, (Texts{"2", "y\nz"})) << i;
    }
}

TEST(Csv, ARowOverSeveralLinesIsBrokenAsSoonAsItIsTooWide) {
    const auto table = read("a,b\n1,\"x\ny\",3,\"4\n5\",6\n7,8\n");
    EXPECT_EQ(outline(table), (Texts{"!2 fields", "!2 fields", "5\"|6", "7|8"}));
    EXPECT_EQ(table.rows[0].raw, "1,\"x");
    EXPECT_EQ(table.rows[0].broken->found, "3 fields");
}

TEST(Csv, ReadsOneColumn) { EXPECT_EQ(outline(read("a\n1\n\n\"\"\n2")), (Texts{"1", "", "2"})); }

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + "\"";
}

TEST(Csv, ReadsBackWhatWasWritten) {
    const unsigned seed = 85123;
    std::mt19937 random(seed);
    const std::string_view parts[] = {"a",  "POST", ",",        "\"",    "\n",   "\r\n",
                                      "\r", " ",    "\xC2\xA3", "17850", "\"\"", ""};
    for (int round = 0; round < 2000; ++round) {
        const std::size_t width = 2 + random() % 7;
        const std::string_view end = std::array<std::string_view, 3>{"\n", "\r\n", "\r"}[random() % 3];
        std::vector<Texts> rows(1 + random() % 5, Texts(width));
        std::string text;
        for (Texts& row : rows) {
            for (std::size_t i = 0; i < width; ++i) {
                for (unsigned n = random() % 4; n > 0; --n) row[i] += parts[random() % std::size(parts)];
                const bool plain = row[i].find_first_of(",\"\r\n") == std::string::npos && random() % 4 != 0;
                text += (i == 0 ? "" : ",") + (plain ? row[i] : in_quotes(row[i]));
            }
            text += end;
        }
        auto table = read(text);
        ASSERT_FALSE(table.error);
        ASSERT_EQ(table.header, rows[0]) << "seed " << seed << " round " << round;
        ASSERT_EQ(table.rows.size(), rows.size() - 1) << "seed " << seed << " round " << round << "\n"
                                                      << text;
        for (std::size_t i = 1; i < rows.size(); ++i) {
            ASSERT_FALSE(table.rows[i - 1].broken) << "seed " << seed << " round " << round;
            ASSERT_EQ(table.rows[i - 1].values, rows[i]) << "seed " << seed << " round " << round;
        }
    }
}

TEST(Csv, DamageNeverReachesTheRowsBehindIt) {
    const unsigned seed = 22752;
    std::mt19937 random(seed);
    const std::string_view damage[] = {"\"",  "\"\"\"", ",", "\xFF", "x", std::string_view("\0", 1),
                                       "\",", "\"x"};
    for (int round = 0; round < 5000; ++round) {
        std::string bad = "3,\"b,c\",5";
        for (unsigned n = 1 + random() % 3; n > 0; --n)
            bad.insert(random() % (bad.size() + 1), damage[random() % std::size(damage)]);
        auto table = read("a,b,c\n0,1,2\n" + bad + "\n6,7,8\n9,\"1\"\"0\",11\n12,\"1,3\",14\n");
        const auto lines = outline(table);
        ASSERT_EQ(lines.size(), 5u) << "seed " << seed << " round " << round << ": " << bad;
        EXPECT_EQ(lines[0], "0|1|2");
        EXPECT_EQ(lines[2], "6|7|8");
        EXPECT_EQ(lines[3], "9|1\"0|11");
        EXPECT_EQ(lines[4], "12|1,3|14");
    }
}

TEST(Csv, EveryByteOfATextIsInSomeRow) {
    const unsigned seed = 71053;
    std::mt19937 random(seed);
    const char bytes[] = {'a', '1', ',', '"', '\n', '\r', ' ', '\xA3', '\0'};
    for (int round = 0; round < 20000; ++round) {
        std::string text = "a,b\n";
        const unsigned most = round % 10 == 0 ? 400 : 40;  // enough to read too much in vain
        for (unsigned n = random() % most; n > 0; --n) text += bytes[random() % sizeof bytes];
        auto table = read(text, 16);
        std::string seen;
        for (const Row& row : table.rows) seen += row.raw;
        std::erase_if(seen, [](char c) { return c == '\n' || c == '\r'; });
        std::string sent = text.substr(4);
        std::erase_if(sent, [](char c) { return c == '\n' || c == '\r'; });
        ASSERT_EQ(seen, sent) << "seed " << seed << " round " << round;
    }
}

}  // namespace
}  // namespace tillstream
