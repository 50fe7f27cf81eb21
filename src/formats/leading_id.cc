#include "formats/internal/leading_id.h"

#include <algorithm>

namespace tillstream::internal {

namespace {

bool is_plain(char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != ','; }

/// What follows `mark` and the blanks before it; a null view if it does not.
std::string_view behind(std::string_view text, std::string_view mark) {
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos || !text.substr(start).starts_with(mark)) return {};
    return text.substr(start + mark.size());
}

std::string_view plain_up_to(std::string_view text, char end) {
    const auto stop = std::find_if_not(text.begin(), text.end(), is_plain);
    if (stop == text.end() || *stop != end) return {};
    return text.substr(0, static_cast<std::size_t>(stop - text.begin()));
}

}  // namespace

std::string_view leading_event_id(std::string_view json) {
    for (const std::string_view mark : {"{", "\"event_id\"", ":", "\""}) {
        json = behind(json, mark);
        if (json.empty()) return {};
    }
    return plain_up_to(json, '"');
}

std::string_view leading_cell(std::string_view row) { return plain_up_to(row, ','); }

}  // namespace tillstream::internal
