// text.h - UTF-8 as far as verdicts and rules need it.
#pragma once

#include <cstddef>
#include <string_view>

namespace tillstream {

/// Bytes of the first character of a text that is not empty; 0 if no valid one stands there (RFC 3629: no overlong
/// forms, surrogates, or values beyond U+10FFFF).
std::size_t utf8_character(std::string_view text);
bool is_utf8(std::string_view text);
/// Characters of valid UTF-8.
std::size_t utf8_length(std::string_view text);

}  // namespace tillstream
