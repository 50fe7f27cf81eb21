// expression_builder.h - typed nodes from untyped operands: every rule about which values may meet.
//
// Errors:  invalid_argument with the reason alone; the parser puts the position in front.
#pragma once

#include <string_view>

#include "contract/internal/expression_node.h"
#include "core/result.h"
#include "timezone/zone.h"

namespace tillstream {

class ExpressionBuilder {
public:
    /// `zone` reads time literals that carry none.
    explicit ExpressionBuilder(Zone zone) : zone_(std::move(zone)) {}

    static ExpressionNodePtr column(std::size_t index, DataType type);
    static ExpressionNodePtr null();
    static ExpressionNodePtr truth(bool value);
    static ExpressionNodePtr text(std::string value);
    static Result<ExpressionNodePtr> number(std::string_view digits);

    /// + - *
    static Result<ExpressionNodePtr> arithmetic(Operation operation, ExpressionNodePtr left,
                                                ExpressionNodePtr right);
    static Result<ExpressionNodePtr> negate(ExpressionNodePtr operand);
    static Result<ExpressionNodePtr> length(ExpressionNodePtr operand);
    /// A text literal beside a date or timestamp is read as one.
    Result<ExpressionNodePtr> compare(Operation operation, ExpressionNodePtr left,
                                      ExpressionNodePtr right) const;
    static Result<ExpressionNodePtr> logical(Operation operation, std::vector<ExpressionNodePtr> operands);
    static ExpressionNodePtr is_null(ExpressionNodePtr operand);

    /// The expression as a value of a column type: exact values gain scale, never lose it.
    static Result<ExpressionNodePtr> convert(ExpressionNodePtr operand, DataType type);

private:
    Result<ExpressionNodePtr> time_literal(const ExpressionNode& text, ValueKind kind) const;

    Zone zone_;
};

/// The kind in which values of a column type are computed.
ValueKind kind_of(DataType type);
std::string_view to_string(ValueKind kind);

}  // namespace tillstream
