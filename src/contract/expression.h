// expression.h - the closed subset of SQL that rules and derived columns are written in.
//
// Source:   FACES "Decode", rule `sql`: columns and literals with comparison, between, in, and/or/not, is
//           null, + - *, length. Anything else is a contract error at load.
// Meaning:  SQL's: three-valued logic, exact decimal arithmetic. A rule holds unless it is false (null
//           passes).
// Threads:  an Expression is immutable; evaluation over different batches may run at once.
#pragma once

#include <memory>

namespace tillstream {

struct ExpressionNode;

/// A compiled expression; its syntax tree and evaluator are private to the module.
class Expression {
public:
    Expression() = default;
    explicit Expression(std::shared_ptr<const ExpressionNode> root) : root_(std::move(root)) {}
    const ExpressionNode* root() const { return root_.get(); }
    explicit operator bool() const { return root_ != nullptr; }

private:
    std::shared_ptr<const ExpressionNode> root_;
};

}  // namespace tillstream
