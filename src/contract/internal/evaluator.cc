#include "contract/internal/evaluator.h"

#include <algorithm>

#include "contract/internal/text.h"
#include "core/assert.h"

namespace tillstream {

namespace {

ValueState joined(ValueState a, ValueState b) {
    if (a == ValueState::overflow || b == ValueState::overflow) return ValueState::overflow;
    return a == ValueState::value && b == ValueState::value ? ValueState::value : ValueState::null;
}

void load_column(const ColumnVector& column, ValueKind kind, std::size_t first, std::size_t count,
                 Register& out) {
    for (std::size_t i = 0; i < count; ++i)
        out.states[i] = column.valid(first + i) ? ValueState::value : ValueState::null;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t row = first + i;
        switch (kind) {
            case ValueKind::exact:
            case ValueKind::date:
            case ValueKind::timestamp:
                out.exact[i] = column.is_wide() ? column.wide[row] : Int128{column.ints[row]};
                break;
            case ValueKind::real: out.real[i] = column.doubles[row]; break;
            case ValueKind::text: out.text[i] = column.strings[row].view(); break;
            case ValueKind::truth: out.truth[i] = column.bools[row]; break;
            case ValueKind::null:
            case ValueKind::json: break;
        }
    }
}

/// __builtin_*_overflow over 128 bits.
bool exact_overflows(Operation operation, Int128 a, Int128 b, Int128& result) {
    switch (operation) {
        case Operation::add: return __builtin_add_overflow(a, b, &result);
        case Operation::subtract: return __builtin_sub_overflow(a, b, &result);
        default: return __builtin_mul_overflow(a, b, &result);
    }
}

double real_result(Operation operation, double a, double b) {
    switch (operation) {
        case Operation::add: return a + b;
        case Operation::subtract: return a - b;
        default: return a * b;
    }
}

void arithmetic(const ExpressionNode& node, const Register& a, const Register& b, std::size_t count,
                Register& out) {
    for (std::size_t i = 0; i < count; ++i) {
        out.states[i] = joined(a.states[i], b.states[i]);
        if (out.states[i] != ValueState::value) continue;
        if (node.kind == ValueKind::real)
            out.real[i] = real_result(node.operation, a.real[i], b.real[i]);
        else if (exact_overflows(node.operation, a.exact[i], b.exact[i], out.exact[i]))
            out.states[i] = ValueState::overflow;
    }
}

void rescale(Int128 factor, const Register& a, std::size_t count, Register& out) {
    for (std::size_t i = 0; i < count; ++i) {
        out.states[i] = a.states[i];
        if (a.states[i] == ValueState::value && __builtin_mul_overflow(a.exact[i], factor, &out.exact[i]))
            out.states[i] = ValueState::overflow;
    }
}

void negate(const ExpressionNode& node, const Register& a, std::size_t count, Register& out) {
    for (std::size_t i = 0; i < count; ++i) {
        out.states[i] = a.states[i];
        if (node.kind == ValueKind::real)
            out.real[i] = -a.real[i];
        else if (a.states[i] == ValueState::value &&
                 __builtin_sub_overflow(Int128{0}, a.exact[i], &out.exact[i]))
            out.states[i] = ValueState::overflow;
    }
}

void to_real(double divisor, const Register& a, std::size_t count, Register& out) {
    for (std::size_t i = 0; i < count; ++i) {
        out.states[i] = a.states[i];
        out.real[i] = a.states[i] == ValueState::value ? static_cast<double>(a.exact[i]) / divisor : 0.0;
    }
}

template <class Values>
void compare_values(Operation operation, const Values& a, const Values& b, std::size_t count, Register& out) {
    for (std::size_t i = 0; i < count; ++i) {
        if (out.states[i] != ValueState::value) continue;
        switch (operation) {
            case Operation::equal: out.truth[i] = a[i] == b[i]; break;
            case Operation::not_equal: out.truth[i] = a[i] != b[i]; break;
            case Operation::less: out.truth[i] = a[i] < b[i]; break;
            case Operation::less_equal: out.truth[i] = a[i] <= b[i]; break;
            case Operation::greater: out.truth[i] = a[i] > b[i]; break;
            default: out.truth[i] = a[i] >= b[i]; break;
        }
    }
}

void compare(Operation operation, ValueKind kind, const Register& a, const Register& b, std::size_t count,
             Register& out) {
    for (std::size_t i = 0; i < count; ++i) out.states[i] = joined(a.states[i], b.states[i]);
    if (is_held_exact(kind)) compare_values(operation, a.exact, b.exact, count, out);
    if (kind == ValueKind::real) compare_values(operation, a.real, b.real, count, out);
    if (kind == ValueKind::text) compare_values(operation, a.text, b.text, count, out);
    if (kind == ValueKind::truth) compare_values(operation, a.truth, b.truth, count, out);
}

/// and: any false decides; or: any true decides. Else overflow, null, or the other truth.
void combine(Operation operation, std::span<const Register> registers, std::span<const std::size_t> operands,
             std::size_t count, Register& out) {
    const std::uint8_t deciding = operation == Operation::logical_or ? 1 : 0;
    for (std::size_t i = 0; i < count; ++i) {
        ValueState state = ValueState::value;
        bool decided = false;
        for (const std::size_t number : operands) {
            const Register& operand = registers[number];
            decided = decided || (operand.states[i] == ValueState::value && operand.truth[i] == deciding);
            state = joined(state, operand.states[i]);
        }
        out.states[i] = decided ? ValueState::value : state;
        out.truth[i] = decided ? deciding : !deciding;
    }
}

void negate_truth(const Register& a, std::size_t count, Register& out) {
    for (std::size_t i = 0; i < count; ++i) {
        out.states[i] = a.states[i];
        out.truth[i] = a.states[i] == ValueState::value && a.truth[i] == 0;
    }
}

void test_null(const Register& a, std::size_t count, Register& out) {
    for (std::size_t i = 0; i < count; ++i) {
        const bool overflow = a.states[i] == ValueState::overflow;
        out.states[i] = overflow ? ValueState::overflow : ValueState::value;
        out.truth[i] = a.states[i] == ValueState::null;
    }
}

void text_length(const Register& a, std::size_t count, Register& out) {
    for (std::size_t i = 0; i < count; ++i) {
        out.states[i] = a.states[i];
        if (a.states[i] == ValueState::value) out.exact[i] = static_cast<Int128>(utf8_length(a.text[i]));
    }
}

}  // namespace

Evaluator::Evaluator(const Expression& expression) : expression_(expression) { add(*expression_.root()); }

std::size_t Evaluator::add(const ExpressionNode& node) {
    if (const auto known = known_.find(&node); known != known_.end()) return known->second;
    Step step{&node, 0, {}, node.operation == Operation::literal};
    for (const ExpressionNodePtr& operand : node.operands) step.operands.push_back(add(*operand));
    step.out = registers_.size();
    allocate(registers_.emplace_back(), node.kind);
    if (step.is_constant) fill_literal(node, registers_.back());
    known_.emplace(&node, step.out);
    steps_.push_back(std::move(step));
    return steps_.back().out;
}

void Evaluator::allocate(Register& into, ValueKind kind) const {
    into.states.assign(kBlock, ValueState::null);
    // A null literal stands in for a value of any kind, but its values are never looked at, only its size
    // counts.
    const bool any = kind == ValueKind::null;
    if (is_held_exact(kind) || any) into.exact.resize(kBlock);
    if (kind == ValueKind::real || any) into.real.resize(kBlock);
    if (kind == ValueKind::text || any) into.text.resize(kBlock);
    if (kind == ValueKind::truth || any) into.truth.resize(kBlock);
}

void Evaluator::fill_literal(const ExpressionNode& node, Register& out) {
    if (node.kind == ValueKind::null) return;
    std::fill(out.states.begin(), out.states.end(), ValueState::value);
    std::fill(out.exact.begin(), out.exact.end(), node.exact);
    std::fill(out.real.begin(), out.real.end(), node.real);
    std::fill(out.text.begin(), out.text.end(), std::string_view(node.text));
    std::fill(out.truth.begin(), out.truth.end(), static_cast<std::uint8_t>(node.truth));
}

const Register& Evaluator::evaluate(std::span<const ColumnVector> columns, std::size_t first,
                                    std::size_t count) {
    TILLSTREAM_ASSERT(count <= kBlock);
    for (const Step& step : steps_)
        if (!step.is_constant) run(step, columns, first, count);
    return registers_[steps_.back().out];
}

void Evaluator::run(const Step& step, std::span<const ColumnVector> columns, std::size_t first,
                    std::size_t count) {
    const ExpressionNode& node = *step.node;
    Register& out = registers_[step.out];
    const auto operand = [&](std::size_t i) -> const Register& { return registers_[step.operands[i]]; };
    switch (node.operation) {
        case Operation::literal: return;
        case Operation::column: return load_column(columns[node.column], node.kind, first, count, out);
        case Operation::rescale:
            return rescale(pow10(node.scale - node.operands[0]->scale), operand(0), count, out);
        case Operation::to_real:
            return to_real(static_cast<double>(pow10(node.operands[0]->scale)), operand(0), count, out);
        case Operation::add:
        case Operation::subtract:
        case Operation::multiply: return arithmetic(node, operand(0), operand(1), count, out);
        case Operation::negate: return negate(node, operand(0), count, out);
        case Operation::length: return text_length(operand(0), count, out);
        case Operation::logical_and:
        case Operation::logical_or: return combine(node.operation, registers_, step.operands, count, out);
        case Operation::logical_not: return negate_truth(operand(0), count, out);
        case Operation::is_null: return test_null(operand(0), count, out);
        default: {
            const ValueKind left = node.operands[0]->kind;
            const ValueKind kind = left == ValueKind::null ? node.operands[1]->kind : left;
            return compare(node.operation, kind, operand(0), operand(1), count, out);
        }
    }
}

}  // namespace tillstream
