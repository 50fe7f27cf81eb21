// text_table.h - rows of text in aligned columns, for people.
#pragma once

#include <string>
#include <vector>

namespace tillstream::app {

struct TextColumn {
    std::string name;
    bool right = false;  ///< numbers
};

/// Header, a line, the rows; two blanks between columns; widths count characters, not bytes.
std::string format_table(const std::vector<TextColumn>& columns,
                         const std::vector<std::vector<std::string>>& rows);

}  // namespace tillstream::app
