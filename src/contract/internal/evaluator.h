// evaluator.h - computes an expression over a run of rows, operation by operation.
//
// Place:    derived columns and rules of a RowDecoder, once per batch.
// Meaning:  three-valued logic. An exact result beyond 128 bits makes the value an overflow, which spreads
//           like null but is told apart: a derived column refuses the row, a rule counts as broken.
// Memory:   registers of kBlock values each, made once; evaluation allocates nothing.
// Threads:  one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "contract/internal/expression_node.h"
#include "contract/row_batch.h"

namespace tillstream {

enum class ValueState : std::uint8_t { null, value, overflow };

/// The member that holds the values follows from the kind.
struct Register {
    std::vector<ValueState> states;
    std::vector<Int128> exact;
    std::vector<double> real;
    std::vector<std::string_view> text;
    std::vector<std::uint8_t> truth;
};

class Evaluator {
public:
    static constexpr std::size_t kBlock = 1024;

    explicit Evaluator(const Expression& expression);

    /// Rows first to first + count (at most kBlock) of the columns; the result is valid until the next call.
    const Register& evaluate(std::span<const ColumnVector> columns, std::size_t first, std::size_t count);

private:
    struct Step {
        const ExpressionNode* node;
        std::size_t out;
        std::vector<std::size_t> operands;
        bool is_constant;  ///< its register is filled for ever
    };

    std::size_t add(const ExpressionNode& node);
    void allocate(Register& into, ValueKind kind) const;
    static void fill_literal(const ExpressionNode& node, Register& out);
    void run(const Step& step, std::span<const ColumnVector> columns, std::size_t first, std::size_t count);

    Expression expression_;  ///< keeps the nodes alive
    std::vector<Step> steps_;
    std::vector<Register> registers_;
    std::unordered_map<const ExpressionNode*, std::size_t> known_;  ///< shared operands are computed once
};

}  // namespace tillstream
