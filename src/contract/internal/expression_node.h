// expression_node.h - the typed syntax tree behind an Expression.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "contract/schema.h"
#include "core/decimal.h"

namespace tillstream {

enum class ValueKind : std::uint8_t {
    null,   ///< the literal null alone
    exact,  ///< an integer or decimal: 128 bits, scaled by the node's scale
    real,
    text,
    truth,
    date,       ///< held as exact
    timestamp,  ///< held as exact
    json,       ///< can only be asked for null
};

enum class Operation : std::uint8_t {
    column,
    literal,
    rescale,  ///< exact to a larger scale
    to_real,
    add,
    subtract,
    multiply,
    negate,
    length,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    logical_and,
    logical_or,
    logical_not,
    is_null,
};

using ExpressionNodePtr = std::shared_ptr<const ExpressionNode>;

struct ExpressionNode {
    Operation operation = Operation::literal;
    ValueKind kind = ValueKind::null;
    int scale = 0;
    std::size_t column = 0;  ///< as RowBatch numbers them
    Int128 exact = 0;        ///< literals
    double real = 0;
    std::string text;
    bool truth = false;
    std::vector<ExpressionNodePtr> operands;
};

/// Values of these kinds are held in 128-bit integers.
constexpr bool is_held_exact(ValueKind kind) {
    return kind == ValueKind::exact || kind == ValueKind::date || kind == ValueKind::timestamp;
}

}  // namespace tillstream
