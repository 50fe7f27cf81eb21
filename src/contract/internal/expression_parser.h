// expression_parser.h - compiles the SQL of a rule or derived column against the columns of its contract.
//
// Grammar:  or > and > not > comparison, [not] between, [not] in, is [not] null > + - > * > sign > literal,
//           column, "column", length(x), (x). Literals: numbers without exponent, 'text', true, false, null.
//           Keywords in any case; column names exactly as declared, unquoted in lower case.
// Errors:   invalid_argument "position n: ...", with the nearest name for an unknown column.
// Limits:   nesting of 64, 4 KiB of text.
#pragma once

#include <string_view>
#include <vector>

#include "contract/expression.h"
#include "contract/schema.h"
#include "core/result.h"
#include "timezone/zone.h"

namespace tillstream {

/// The columns an expression may name are the first `visible` of the contract (Contract::column_name).
Result<Expression> compile_rule(std::string_view sql, const Contract& contract, std::size_t visible,
                                const Zone& zone);
Result<Expression> compile_derived(std::string_view sql, DataType type, const Contract& contract,
                                   std::size_t visible, const Zone& zone);

/// The columns the expression names, each once, in the order of the text.
std::vector<std::size_t> columns_of(const Expression& expression);

}  // namespace tillstream
