// text.h - lengths of UTF-8 text as rules count them.
#pragma once

#include <cstddef>
#include <string_view>

namespace tillstream {

/// Characters of valid UTF-8.
std::size_t utf8_length(std::string_view text);

}  // namespace tillstream
