// Real lines of Online Retail, picked for their oddities: every one of them is a good sale.
#include <gtest/gtest.h>

#include "contract/decode_fixture.h"
#include "contract/internal/value_decoder.h"

namespace tillstream {
namespace {

/// ISO-8859-1 to UTF-8.
std::string to_utf8(std::string_view latin) {
    std::string text;
    for (const char c : latin) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80)
            text += c;
        else
            (text += static_cast<char>(0xC0 | byte >> 6)) += static_cast<char>(0x80 | (byte & 0x3F));
    }
    return text;
}

/// One line without embedded line breaks, which the file does not have.
std::vector<std::string> split_line(std::string_view line) {
    std::vector<std::string> values(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
            values.back() += line[i++];
        else if (line[i] == '"')
            quoted = !quoted;
        else if (line[i] == ',' && !quoted)
            values.emplace_back();
        else
            values.back() += line[i];
    }
    return values;
}

std::vector<std::vector<std::string>> quirk_rows() {
    const char* folder = std::getenv("TILL_SHARED_DATA");
    std::string file;
    for (const std::string& base :
         {std::string(folder != nullptr ? folder : ""), std::string(TILLSTREAM_SOURCE_DIR "/../shared/data"),
          std::string(TILLSTREAM_SOURCE_DIR "/../../shared/data")})
        if (file.empty()) file = text_of_file(base + "/online_retail/quirks_sample.csv");
    std::istringstream lines(to_utf8(file));
    std::vector<std::vector<std::string>> rows;
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        rows.push_back(split_line(line));
    }
    return rows;
}

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
}

TEST(Quirks, EveryRealRowIsAcceptedAndItsStoredFormReadsTheSame) {
    const auto rows = quirk_rows();
    if (rows.empty())
        GTEST_SKIP() << "no online_retail/quirks_sample.csv: set TILL_SHARED_DATA to the folder of the data";
    ASSERT_EQ(rows.size(), 114U);
    RowDecoder decoder(sales_contract());
    const auto header = decoder.bind_header(views(rows[0]));
    ASSERT_TRUE(header) << header.error().message;
    decoder.start(nullptr, rows.size());
    for (std::size_t i = 1; i < rows.size(); ++i) decoder.add_texts(*header, views(rows[i]));
    const RowBatchPtr batch = decoder.finish();
    EXPECT_EQ(batch->rejected(), 0U) << errors_of(*batch, 0);
    EXPECT_TRUE(batch->warnings().empty());
    std::vector<std::string> stored;
    for (std::size_t row = 0; row < batch->rows(); ++row) {
        EXPECT_EQ(cell_text(batch->column(0), row), rows[row + 1][0]);
        EXPECT_EQ(cell_text(batch->column(2), row), rows[row + 1][2].empty() ? "null" : rows[row + 1][2]);
        EXPECT_EQ(batch->extra(row), "");
        stored.emplace_back(batch->raw(row));
    }
    const RowBatchPtr again = decode_lines(decoder, stored);
    EXPECT_EQ(again->rejected(), 0U);
    for (std::size_t row = 0; row < batch->rows(); ++row)
        for (std::size_t column = 0; column < batch->contract().width(); ++column)
            ASSERT_EQ(cell_text(again->column(column), row), cell_text(batch->column(column), row))
                << stored[row];
}

}  // namespace
}  // namespace tillstream
