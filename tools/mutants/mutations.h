// mutations.h - small mistakes put into C++ text, one at a time, to see whether any test notices.
//
// Kinds:   a comparison, a logical or arithmetic operator, a number or a truth value becomes its neighbour; a
//          statement that is one call or assignment is left out.
// Limits:  code only, by its text: comments, literals and preprocessor lines stay, and some results do not
//          compile.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tillstream::mutants {

struct Mutation {
    std::size_t at = 0;    ///< byte of the text
    std::size_t line = 0;  ///< from 1
    std::string from;
    std::string to;
};

/// In the order of the text.
std::vector<Mutation> find_mutations(std::string_view text);

std::string apply(std::string_view text, const Mutation& mutation);

}  // namespace tillstream::mutants
