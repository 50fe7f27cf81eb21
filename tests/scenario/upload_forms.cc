#include "tests/scenario/upload_forms.h"

#include <fmt/format.h>

#include "codec/compression.h"
#include "tests/scenario/scenario.h"

namespace tillstream {

namespace {

void append_latin1(std::string& out, char byte) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x80) {
        out += byte;
        return;
    }
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
}

/// UTF-8 of characters up to U+00FF.
std::string to_latin1(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto code = static_cast<unsigned char>(text[i]);
        if (code < 0x80)
            out += text[i];
        else
            out += static_cast<char>((code & 0x03) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3F));
    }
    return out;
}

std::string csv_cell(const std::string& cell) {
    if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
    std::string out = "\"";
    for (const char c : cell) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

std::string csv(const TextTable& table, std::string_view line_end) {
    std::string out;
    for (const auto& row : table) {
        for (std::size_t c = 0; c < row.size(); ++c) out += (c ? "," : "") + csv_cell(row[c]);
        out += line_end;
    }
    return out;
}

enum class JsonStyle { plain, pandas };

std::string json_text(std::string_view text, JsonStyle style) {
    std::string out = "\"";
    for (const char c : style == JsonStyle::pandas ? to_latin1(text) : std::string(text)) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += std::string("\\") + c;
        else if (style == JsonStyle::pandas && c == '/')
            out += "\\/";
        else if (style == JsonStyle::pandas && code >= 0x80)
            out += fmt::format("\\u{:04x}", code);
        else
            out += c;
    }
    return out + "\"";
}

/// pandas reads Quantity as int64, UnitPrice as float64 and, for its gaps, CustomerID as float64 too.
std::string pandas_value(const std::string& column, const std::string& cell) {
    if (cell.empty()) return "null";
    if (column == "Quantity") return cell;
    if (column == "UnitPrice") return cell.find('.') == std::string::npos ? cell + ".0" : cell;
    if (column == "CustomerID") return cell + ".0";
    return json_text(cell, JsonStyle::pandas);
}

std::string json_row(const TextTable& table, std::size_t row, JsonStyle style) {
    std::string out = "{";
    for (std::size_t c = 0; c < table[0].size(); ++c) {
        const std::string& cell = table[row][c];
        out += (c ? "," : "") + json_text(table[0][c], JsonStyle::plain) + ":";
        out += style == JsonStyle::pandas ? pandas_value(table[0][c], cell) : json_text(cell, style);
    }
    return out + "}";
}

std::vector<std::string> json_rows(const TextTable& table, JsonStyle style) {
    std::vector<std::string> rows;
    for (std::size_t r = 1; r < table.size(); ++r) rows.push_back(json_row(table, r, style));
    return rows;
}

std::string joined(const std::vector<std::string>& rows, std::string_view between) {
    std::string out;
    for (const std::string& row : rows) out += (out.empty() ? "" : std::string(between)) + row;
    return out;
}

std::string deflated(Encoding encoding, std::string_view text) {
    Buffer out;
    must(deflate(encoding, text, out));
    return std::string(out.view());
}

}  // namespace

TextTable parse_latin1_csv(std::string_view bytes) {
    TextTable table(1, {""});
    bool quoted = false;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char c = bytes[i];
        std::string& cell = table.back().back();
        if (c == '"' && quoted && i + 1 < bytes.size() && bytes[i + 1] == '"')
            append_latin1(cell, bytes[++i]);
        else if (c == '"')
            quoted = !quoted;
        else if (quoted)
            append_latin1(cell, c);
        else if (c == ',')
            table.back().emplace_back();
        else if (c == '\n')
            table.push_back({""});
        else if (c != '\r')
            append_latin1(cell, c);
    }
    if (table.back().size() == 1 && table.back()[0].empty()) table.pop_back();
    return table;
}

std::vector<Upload> upload_forms(const TextTable& table) {
    using Headers = std::vector<std::pair<std::string, std::string>>;
    const Headers utf8_csv{{"Content-Type", "text/csv; charset=utf-8"}};
    const Headers latin1_csv{{"Content-Type", "text/csv; charset=iso-8859-1"}};
    const Headers ndjson{{"Content-Type", "application/x-ndjson"}};
    const Headers json{{"Content-Type", "application/json"}};
    const auto with = [](Headers headers, const char* encoding) {
        headers.emplace_back("Content-Encoding", encoding);
        return headers;
    };
    const std::string crlf = csv(table, "\r\n");
    const std::string lines = joined(json_rows(table, JsonStyle::plain), "\n") + "\n";
    const std::string array = "[" + joined(json_rows(table, JsonStyle::plain), ",") + "]";
    const std::string pandas = "[" + joined(json_rows(table, JsonStyle::pandas), ",") + "]";
    return {
        {"csv, ISO-8859-1, CRLF", latin1_csv, {to_latin1(crlf)}},
        {"csv, UTF-8, CRLF", utf8_csv, {crlf}},
        {"csv, UTF-8, LF", utf8_csv, {csv(table, "\n")}},
        {"csv, UTF-8, CR", utf8_csv, {csv(table, "\r")}},
        {"csv, UTF-8 with BOM, CRLF", utf8_csv, {"\xEF\xBB\xBF" + crlf}},
        {"csv, ISO-8859-1, chunked", latin1_csv, {to_latin1(crlf)}, true},
        {"csv, ISO-8859-1, gzip", with(latin1_csv, "gzip"), {deflated(Encoding::gzip, to_latin1(crlf))}},
        {"csv, zstd", with(utf8_csv, "zstd"), {deflated(Encoding::zstd, crlf)}},
        {"ndjson", ndjson, {lines}},
        {"ndjson, gzip", with(ndjson, "gzip"), {deflated(Encoding::gzip, lines)}},
        {"ndjson, zstd, chunked", with(ndjson, "zstd"), {deflated(Encoding::zstd, lines)}, true},
        {"json array", json, {array}},
        {"json array as pandas writes it", json, {pandas}},
        {"single rows as pandas writes them", json, json_rows(table, JsonStyle::pandas)},
        {"single rows without a content type", {}, json_rows(table, JsonStyle::plain)},
    };
}

}  // namespace tillstream
