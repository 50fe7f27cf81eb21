#include "contract/internal/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "contract/internal/expression_parser.h"
#include "contract/internal/value_decoder.h"

namespace tillstream {

namespace {

bool fits(Int128 value, DataType type) {
    if (type.type == ColumnType::decimal) {
        const Int128 limit = decimal_limit(type.precision);
        return value >= -limit && value <= limit;
    }
    return value >= std::numeric_limits<std::int64_t>::min() &&
           value <= std::numeric_limits<std::int64_t>::max();
}

/// False if the type cannot hold the value.
bool store(const Register& from, std::size_t i, std::size_t row, ColumnVector& into) {
    switch (into.type.type) {
        case ColumnType::int64:
        case ColumnType::decimal:
        case ColumnType::date:
        case ColumnType::timestamp:
            if (!fits(from.exact[i], into.type)) return false;
            if (into.is_wide())
                into.wide[row] = from.exact[i];
            else
                into.ints[row] = static_cast<std::int64_t>(from.exact[i]);
            break;
        case ColumnType::float64: into.doubles[row] = from.real[i]; break;
        case ColumnType::boolean: into.bools[row] = from.truth[i]; break;
        case ColumnType::string:
        case ColumnType::json: into.strings[row] = StringRef(from.text[i]); break;
    }
    into.validity[row / 64] |= std::uint64_t{1} << (row % 64);
    return true;
}

bool is_accepted(const Judge::Bench& bench, std::size_t row) {
    return (bench.accepted[row / 64] >> (row % 64) & 1) != 0;
}

}  // namespace

Judge::Judge(ContractPtr contract) : contract_(std::move(contract)) {
    for (const DerivedColumn& derived : contract_->derived) derived_.emplace_back(derived.expression);
    for (const Rule& rule : contract_->rules)
        rules_.push_back({Evaluator(rule.expression), columns_of(rule.expression)});
}

void Judge::run(Bench& bench) {
    for (std::size_t i = 0; i < derived_.size(); ++i) derive(i, bench);
    for (std::size_t i = 0; i < rules_.size(); ++i) apply(i, bench);
}

void Judge::derive(std::size_t number, Bench& bench) {
    const std::size_t column = contract_->columns.size() + number;
    ColumnVector& into = bench.columns[column];
    for (std::size_t first = 0; first < bench.rows; first += Evaluator::kBlock) {
        const std::size_t count = std::min(Evaluator::kBlock, bench.rows - first);
        const Register& result = derived_[number].evaluate(bench.columns, first, count);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t row = first + i;
            if (result.states[i] == ValueState::null) continue;
            if (result.states[i] == ValueState::value && store(result, i, row, into)) continue;
            const std::string type = into.type.name();
            bench.reject(row, {FieldErrorCode::range, json_pointer(contract_->column_name(column)), type,
                               "a result too large for " + type});
        }
    }
}

void Judge::apply(std::size_t number, Bench& bench) {
    const bool warns = contract_->rules[number].severity == RuleSeverity::warn;
    for (std::size_t first = 0; first < bench.rows; first += Evaluator::kBlock) {
        const std::size_t count = std::min(Evaluator::kBlock, bench.rows - first);
        const Register& result = rules_[number].evaluator.evaluate(bench.columns, first, count);
        for (std::size_t i = 0; i < count; ++i) {
            const bool passes = result.states[i] == ValueState::null ||
                                (result.states[i] == ValueState::value && result.truth[i] != 0);
            if (passes) continue;
            const std::size_t row = first + i;
            const bool accepted = is_accepted(bench, row);
            if (!accepted && (warns || lacks_values(number, row, bench))) continue;
            if (warns)
                bench.warn(row, number);
            else
                bench.reject(row, broken(number, row, bench));
        }
    }
}

bool Judge::lacks_values(std::size_t number, std::size_t row, const Bench& bench) const {
    return std::any_of(rules_[number].columns.begin(), rules_[number].columns.end(),
                       [&](std::size_t column) { return !bench.columns[column].valid(row); });
}

FieldError Judge::broken(std::size_t number, std::size_t row, const Bench& bench) const {
    const Rule& rule = contract_->rules[number];
    const std::vector<std::size_t>& columns = rules_[number].columns;
    FieldError error{FieldErrorCode::rule, "", fmt::format("{}: {}", rule.name, rule.sql), ""};
    if (!columns.empty()) error.pointer = json_pointer(bench.key_of(row, columns[0]));
    for (const std::size_t column : columns) {
        if (!error.found.empty()) error.found += ", ";
        if (columns.size() > 1) error.found += contract_->column_name(column) + " = ";
        error.found += cell_text(bench.columns[column], row);
    }
    error.found = found_text(error.found);
    return error;
}

}  // namespace tillstream
