// cpp_text.h - just enough of C++ to count: code without comments and literals, includes, functions.
//
// Limits:   no preprocessor, no types; code whose braces balance only after preprocessing is miscounted.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tillstream::tidy {

struct Include {
    std::string path;
    std::size_t line;  ///< from 1
    bool angled;       ///< <path>, else "path"
};

struct Function {
    std::string head;        ///< signature without its body, blanks folded
    std::size_t first_line;  ///< of the signature, from 1
    std::size_t last_line;   ///< of the closing brace
    std::size_t lines() const { return last_line - first_line + 1; }
};

/// Comments, preprocessor lines and the insides of literals become blanks; every line keeps its number.
std::string code_only(std::string_view text);

std::vector<Include> find_includes(std::string_view text);

/// Functions with a body, outermost only: a lambda or local class belongs to the function around it.
std::vector<Function> find_functions(std::string_view text);

}  // namespace tillstream::tidy
