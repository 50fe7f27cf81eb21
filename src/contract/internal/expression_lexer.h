// expression_lexer.h - the words of the SQL of rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace tillstream {

enum class TokenKind : std::uint8_t {
    name,         ///< identifier or keyword; `text` in lower case
    quoted_name,  ///< "a name", never a keyword
    number,
    string,
    symbol,  ///< ( ) , + - * = <> < <= > >= ; != is written <>
    end,
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text;
    std::size_t position = 1;  ///< of its first character in the SQL, from 1
};

/// The last token is `end`. invalid_argument "position n: ..." for anything that is no token.
Result<std::vector<Token>> tokenize(std::string_view sql);

/// "position n: what"
std::string at_position(std::size_t position, std::string_view what);

}  // namespace tillstream
