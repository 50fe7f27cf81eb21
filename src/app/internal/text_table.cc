#include "app/internal/text_table.h"

#include <algorithm>

namespace tillstream::app {

namespace {

std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void append_cell(std::string& line, std::size_t column, const std::string& text, std::size_t width,
                 bool right) {
    const std::string blanks(width - std::min(characters(text), width), ' ');
    if (column > 0) line += "  ";
    line += right ? blanks + text : text + blanks;
}

void append_line(std::string& out, std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
}

}  // namespace

std::string format_table(const std::vector<TextColumn>& columns,
                         const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (std::size_t c = 0; c < columns.size(); ++c) {
        std::size_t width = characters(columns[c].name);
        for (const auto& row : rows) width = std::max(width, characters(row[c]));
        widths.push_back(width);
    }
    std::string out, header, rule;
    for (std::size_t c = 0; c < columns.size(); ++c) {
        append_cell(header, c, columns[c].name, widths[c], columns[c].right);
        append_cell(rule, c, std::string(widths[c], '-'), widths[c], false);
    }
    append_line(out, header);
    append_line(out, rule);
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t c = 0; c < columns.size(); ++c)
            append_cell(line, c, row[c], widths[c], columns[c].right);
        append_line(out, line);
    }
    return out;
}

}  // namespace tillstream::app
