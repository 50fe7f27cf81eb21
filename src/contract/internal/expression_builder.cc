#include "contract/internal/expression_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "contract/internal/decode_time.h"

namespace tillstream {

namespace {

constexpr int kMaxScale = 38;

ExpressionNodePtr make(ExpressionNode node) {
    return std::make_shared<const ExpressionNode>(std::move(node));
}

ExpressionNodePtr make(Operation operation, ValueKind kind, std::vector<ExpressionNodePtr> operands,
                       int scale = 0) {
    ExpressionNode node;
    node.operation = operation;
    node.kind = kind;
    node.scale = scale;
    node.operands = std::move(operands);
    return make(std::move(node));
}

bool is_null_literal(const ExpressionNodePtr& node) { return node->kind == ValueKind::null; }
bool is_number(const ExpressionNodePtr& node) {
    return node->kind == ValueKind::exact || node->kind == ValueKind::real || is_null_literal(node);
}

ExpressionNodePtr as_real(ExpressionNodePtr node) {
    if (node->kind != ValueKind::exact) return node;
    return make(Operation::to_real, ValueKind::real, {std::move(node)});
}

ExpressionNodePtr rescaled(ExpressionNodePtr node, int scale) {
    if (node->kind != ValueKind::exact || node->scale >= scale) return node;
    return make(Operation::rescale, ValueKind::exact, {std::move(node)}, scale);
}

/// Both as doubles if one is, else both at the larger scale.
void align(ExpressionNodePtr& left, ExpressionNodePtr& right) {
    if (left->kind == ValueKind::real || right->kind == ValueKind::real) {
        left = as_real(std::move(left));
        right = as_real(std::move(right));
        return;
    }
    const int scale = std::max(left->scale, right->scale);
    left = rescaled(std::move(left), scale);
    right = rescaled(std::move(right), scale);
}

tl::unexpected<Error> refused(std::string message) {
    return failure(Errc::invalid_argument, std::move(message));
}

}  // namespace

ValueKind kind_of(DataType type) {
    switch (type.type) {
        case ColumnType::string: return ValueKind::text;
        case ColumnType::int64: return ValueKind::exact;
        case ColumnType::decimal: return ValueKind::exact;
        case ColumnType::float64: return ValueKind::real;
        case ColumnType::boolean: return ValueKind::truth;
        case ColumnType::date: return ValueKind::date;
        case ColumnType::timestamp: return ValueKind::timestamp;
        case ColumnType::json: return ValueKind::json;
    }
    return ValueKind::null;
}

std::string_view to_string(ValueKind kind) {
    switch (kind) {
        case ValueKind::null: return "null";
        case ValueKind::exact: return "a number";
        case ValueKind::real: return "a double";
        case ValueKind::text: return "a text";
        case ValueKind::truth: return "a condition";
        case ValueKind::date: return "a date";
        case ValueKind::timestamp: return "a timestamp";
        case ValueKind::json: return "json";
    }
    return "";
}

ExpressionNodePtr ExpressionBuilder::column(std::size_t index, DataType type) {
    ExpressionNode node;
    node.operation = Operation::column;
    node.kind = kind_of(type);
    node.scale = type.scale;
    node.column = index;
    return make(std::move(node));
}

ExpressionNodePtr ExpressionBuilder::null() { return make(ExpressionNode{}); }

ExpressionNodePtr ExpressionBuilder::truth(bool value) {
    ExpressionNode node;
    node.kind = ValueKind::truth;
    node.truth = value;
    return make(std::move(node));
}

ExpressionNodePtr ExpressionBuilder::text(std::string value) {
    ExpressionNode node;
    node.kind = ValueKind::text;
    node.text = std::move(value);
    return make(std::move(node));
}

Result<ExpressionNodePtr> ExpressionBuilder::number(std::string_view digits) {
    const std::size_t point = digits.find('.');
    ExpressionNode node;
    node.kind = ValueKind::exact;
    std::string whole(digits.substr(0, point));
    if (point != digits.npos) {
        node.scale = static_cast<int>(std::min<std::size_t>(digits.size() - point - 1, kMaxScale + 1));
        whole += digits.substr(point + 1);
    }
    whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
    if (node.scale > kMaxScale || whole.size() > kMaxScale) return refused("a number has at most 38 digits");
    for (const char c : whole) node.exact = node.exact * 10 + (c - '0');
    return make(std::move(node));
}

Result<ExpressionNodePtr> ExpressionBuilder::arithmetic(Operation operation, ExpressionNodePtr left,
                                                        ExpressionNodePtr right) {
    for (const ExpressionNodePtr& side : {left, right})
        if (!is_number(side)) return refused(fmt::format("cannot compute with {}", to_string(side->kind)));
    if (operation == Operation::multiply && left->kind != ValueKind::real && right->kind != ValueKind::real) {
        const int scale = left->scale + right->scale;
        if (scale > kMaxScale)
            return refused(fmt::format("the product has {} decimals, at most 38 can be held", scale));
        return make(operation, ValueKind::exact, {std::move(left), std::move(right)}, scale);
    }
    align(left, right);
    const ValueKind kind =
        left->kind == ValueKind::real || right->kind == ValueKind::real ? ValueKind::real : ValueKind::exact;
    const int scale = std::max(left->scale, right->scale);
    return make(operation, kind, {std::move(left), std::move(right)}, scale);
}

Result<ExpressionNodePtr> ExpressionBuilder::negate(ExpressionNodePtr operand) {
    if (!is_number(operand)) return refused(fmt::format("cannot negate {}", to_string(operand->kind)));
    const ValueKind kind = is_null_literal(operand) ? ValueKind::exact : operand->kind;
    const int scale = operand->scale;
    return make(Operation::negate, kind, {std::move(operand)}, scale);
}

Result<ExpressionNodePtr> ExpressionBuilder::length(ExpressionNodePtr operand) {
    if (operand->kind != ValueKind::text && !is_null_literal(operand))
        return refused(fmt::format("length wants a text, not {}", to_string(operand->kind)));
    return make(Operation::length, ValueKind::exact, {std::move(operand)});
}

Result<ExpressionNodePtr> ExpressionBuilder::time_literal(const ExpressionNode& text, ValueKind kind) const {
    ExpressionNode node;
    node.kind = kind;
    decode::Outcome outcome;
    if (kind == ValueKind::date) {
        std::int32_t days = 0;
        outcome = decode::date(text.text, days);
        node.exact = days;
    } else {
        Timestamp at;
        ZoneCursor cursor(zone_);
        outcome = decode::timestamp(text.text, cursor, at);
        node.exact = at.micros;
    }
    if (outcome != decode::Outcome::ok)
        return refused(fmt::format("'{}' is not {}", text.text, to_string(kind)));
    return make(std::move(node));
}

Result<ExpressionNodePtr> ExpressionBuilder::compare(Operation operation, ExpressionNodePtr left,
                                                     ExpressionNodePtr right) const {
    const auto is_time = [](const ExpressionNodePtr& n) {
        return n->kind == ValueKind::date || n->kind == ValueKind::timestamp;
    };
    const auto is_text = [](const ExpressionNodePtr& n) {
        return n->kind == ValueKind::text && n->operation == Operation::literal;
    };
    if (is_time(left) && is_text(right)) right = TILLSTREAM_TRY(time_literal(*right, left->kind));
    if (is_time(right) && is_text(left)) left = TILLSTREAM_TRY(time_literal(*left, right->kind));
    const bool numbers = is_number(left) && is_number(right);
    const bool comparable = left->kind != ValueKind::json && right->kind != ValueKind::json;
    const bool alike = left->kind == right->kind || is_null_literal(left) || is_null_literal(right);
    if (!comparable || (!numbers && !alike))
        return refused(
            fmt::format("cannot compare {} with {}", to_string(left->kind), to_string(right->kind)));
    if (numbers) align(left, right);
    return make(operation, ValueKind::truth, {std::move(left), std::move(right)});
}

Result<ExpressionNodePtr> ExpressionBuilder::logical(Operation operation,
                                                     std::vector<ExpressionNodePtr> operands) {
    for (const ExpressionNodePtr& operand : operands)
        if (operand->kind != ValueKind::truth && !is_null_literal(operand))
            return refused(fmt::format("and, or, not want conditions, not {}", to_string(operand->kind)));
    return make(operation, ValueKind::truth, std::move(operands));
}

ExpressionNodePtr ExpressionBuilder::is_null(ExpressionNodePtr operand) {
    return make(Operation::is_null, ValueKind::truth, {std::move(operand)});
}

Result<ExpressionNodePtr> ExpressionBuilder::convert(ExpressionNodePtr operand, DataType type) {
    const ValueKind wanted = kind_of(type);
    if (wanted == ValueKind::real) operand = as_real(std::move(operand));
    if (operand->kind != wanted || wanted == ValueKind::json)
        return refused(
            fmt::format("the expression is {}, the column {}", to_string(operand->kind), type.name()));
    if (wanted != ValueKind::exact) return operand;
    if (operand->scale > type.scale)
        return refused(fmt::format("the expression has {} decimals, {} holds {}", operand->scale, type.name(),
                                   type.scale));
    return rescaled(std::move(operand), type.scale);
}

}  // namespace tillstream
