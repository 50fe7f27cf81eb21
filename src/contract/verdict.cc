#include "contract/verdict.h"

#include <array>

#include "codec/charset.h"

namespace tillstream {

namespace {

constexpr std::array<std::string_view, 12> kCodes = {
    "syntax",   "encoding",        "type",          "range", "scale", "format",
    "required", "duplicate_field", "unknown_field", "rule",  "size",  "depth"};

}  // namespace

std::string_view to_string(FieldErrorCode code) { return kCodes[static_cast<std::size_t>(code)]; }

std::optional<FieldErrorCode> field_error_code(std::string_view name) {
    for (std::size_t i = 0; i < kCodes.size(); ++i)
        if (kCodes[i] == name) return static_cast<FieldErrorCode>(i);
    return std::nullopt;
}

std::string json_pointer(std::string_view key) {
    std::string pointer = "/";
    for (const char c : key) {
        if (c == '~')
            pointer += "~0";
        else if (c == '/')
            pointer += "~1";
        else
            pointer += c;
    }
    return pointer;
}

std::string found_text(std::string_view text) {
    constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
    std::string found;
    while (!text.empty()) {
        const std::size_t length = utf8_character_length(text);
        const std::string_view piece = length == 0 ? kReplacement : text.substr(0, length);
        if (found.size() + piece.size() > FieldError::kMaxFound) break;
        found += piece;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return found;
}

}  // namespace tillstream
