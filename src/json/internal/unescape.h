// unescape.h - the escapes of JSON strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tillstream::json::internal {

enum class Unescaped : std::uint8_t {
    ok,
    bad_escape,      ///< no escape of JSON: the text is malformed
    half_surrogate,  ///< well-formed, but no character: U+FFFD stands for it in the output
};

/// Writes the content of a string (without its quotes) to `out`, which has room for `text.size()` bytes.
Unescaped unescape(std::string_view text, char* out, std::size_t& size);

}  // namespace tillstream::json::internal
