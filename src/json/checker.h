// checker.h - whether a text is JSON (RFC 8259), for those who do not want what is in it.
//
// Limits:   what is nested deeper than kDepthMax does not pass.
// Memory:   what a large text needed is given back at once.
// Threads:  one at a time.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "json/scanner.h"

namespace tillstream::json {

/// Texts need no padding.
class Checker {
public:
    /// One object, blanks around it allowed.
    bool is_object(std::string_view text);
    /// One value, blanks around it allowed.
    bool is_value(std::string_view text);
    std::size_t kept_bytes() const { return padded_.capacity() + fields_.capacity() * sizeof(Field); }

private:
    bool scan(std::size_t fields_within);
    void trim();

    Scanner scanner_;
    Buffer padded_;
    std::vector<Field> fields_;
};

}  // namespace tillstream::json
