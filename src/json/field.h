// field.h - one member of a JSON object as the scanner delivers it: flat, without allocation.
#pragma once

#include <cstdint>
#include <string_view>

namespace tillstream::json {

enum class Kind : std::uint8_t { null, boolean, number, string, object, array };

struct Field {
    std::string_view key;  ///< unescaped
    /// String: unescaped content; otherwise the raw token, for object and array the whole text.
    std::string_view text;
    Kind kind = Kind::null;
    /// Where `text` lies: in the scanned input (lives as long as that), or in the scanner's scratch memory
    /// (until the next record; copy it to keep it).
    bool in_scratch = false;
    bool key_in_scratch = false;
};

}  // namespace tillstream::json
