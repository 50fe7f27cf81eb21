// json_text.h - writes JSON strings in the two ways real producers do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tillstream::internal {

enum class JsonText : std::uint8_t {
    utf8,    ///< escapes only what must be
    pandas,  ///< everything beyond ASCII as \uXXXX, and "/" as "\/"
};

/// With its quotes. `text` must be UTF-8; control characters become escapes.
void append_json_string(std::string& out, std::string_view text, JsonText form);

}  // namespace tillstream::internal
