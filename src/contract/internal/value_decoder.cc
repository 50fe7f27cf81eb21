#include "contract/internal/value_decoder.h"

#include <fmt/format.h>

#include "contract/internal/decode_time.h"
#include "contract/internal/stored_form.h"

namespace tillstream {

using decode::Outcome;

namespace {

bool is_number_or_text(json::Kind kind) { return kind == json::Kind::number || kind == json::Kind::string; }

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]) != lower[i]) return false;
    return true;
}

}  // namespace

Outcome ValueDecoder::decode(const Column& column, json::Kind kind, std::string_view text, std::size_t row,
                             ColumnVector& into) {
    if (kind == json::Kind::null || (kind == json::Kind::string && text.empty()))
        return column.required ? Outcome::required : Outcome::null;
    Outcome outcome = Outcome::type;
    switch (column.type.type) {
        case ColumnType::string: outcome = put_string(kind, text, row, into); break;
        case ColumnType::int64: outcome = put_int64(kind, text, row, into); break;
        case ColumnType::decimal: outcome = put_decimal(column, kind, text, row, into); break;
        case ColumnType::float64: outcome = put_float64(kind, text, row, into); break;
        case ColumnType::boolean: outcome = put_boolean(kind, text, row, into); break;
        case ColumnType::date: outcome = put_date(kind, text, row, into); break;
        case ColumnType::timestamp: outcome = put_timestamp(kind, text, row, into); break;
        case ColumnType::json: outcome = put_json(kind, text, row, into); break;
    }
    if (outcome == Outcome::ok) into.validity[row / 64] |= std::uint64_t{1} << (row % 64);
    return outcome;
}

Outcome ValueDecoder::put_string(json::Kind kind, std::string_view text, std::size_t row,
                                 ColumnVector& into) {
    if (!is_number_or_text(kind)) return Outcome::type;
    if (kind == json::Kind::number) text = decode::number_digits(text, scratch_);
    into.strings[row] = kept_ref(text);
    return Outcome::ok;
}

Outcome ValueDecoder::put_int64(json::Kind kind, std::string_view text, std::size_t row, ColumnVector& into) {
    return is_number_or_text(kind) ? decode::int64(text, into.ints[row]) : Outcome::type;
}

Outcome ValueDecoder::put_decimal(const Column& column, json::Kind kind, std::string_view text,
                                  std::size_t row, ColumnVector& into) {
    if (!is_number_or_text(kind)) return Outcome::type;
    Int128 value = 0;
    const Outcome outcome = decode::decimal(text, column, value);
    if (outcome != Outcome::ok) return outcome;
    if (into.is_wide())
        into.wide[row] = value;
    else
        into.ints[row] = static_cast<std::int64_t>(value);
    return outcome;
}

Outcome ValueDecoder::put_float64(json::Kind kind, std::string_view text, std::size_t row,
                                  ColumnVector& into) {
    return is_number_or_text(kind) ? decode::float64(text, into.doubles[row]) : Outcome::type;
}

Outcome ValueDecoder::put_boolean(json::Kind kind, std::string_view text, std::size_t row,
                                  ColumnVector& into) {
    if (kind == json::Kind::object || kind == json::Kind::array) return Outcome::type;
    const bool yes = text == "1" || equals_ignoring_case(text, "true");
    if (!yes && text != "0" && !equals_ignoring_case(text, "false")) return Outcome::type;
    into.bools[row] = yes;
    return Outcome::ok;
}

Outcome ValueDecoder::put_date(json::Kind kind, std::string_view text, std::size_t row, ColumnVector& into) {
    if (kind != json::Kind::string) return Outcome::type;
    std::int32_t days = 0;
    const Outcome outcome = decode::date(text, days);
    if (outcome == Outcome::ok) into.ints[row] = days;
    return outcome;
}

Outcome ValueDecoder::put_timestamp(json::Kind kind, std::string_view text, std::size_t row,
                                    ColumnVector& into) {
    if (kind != json::Kind::string) return Outcome::type;
    Timestamp at;
    const Outcome outcome = decode::timestamp(text, zone_, at);
    if (outcome == Outcome::ok) into.ints[row] = at.micros;
    return outcome;
}

Outcome ValueDecoder::put_json(json::Kind kind, std::string_view text, std::size_t row, ColumnVector& into) {
    if (kind != json::Kind::string && !has_line_break(text)) {
        into.strings[row] = kept_ref(text);
        return Outcome::ok;
    }
    scratch_.clear();
    append_field_value(scratch_, kind, text);
    into.strings[row] = kept_ref(scratch_);
    return Outcome::ok;
}

std::string cell_text(const ColumnVector& column, std::size_t row) {
    if (!column.valid(row)) return "null";
    switch (column.type.type) {
        case ColumnType::string:
        case ColumnType::json: return std::string(column.strings[row].view());
        case ColumnType::int64: return fmt::format("{}", column.ints[row]);
        case ColumnType::decimal:
            return format_decimal(column.is_wide() ? column.wide[row] : Int128{column.ints[row]},
                                  column.type.scale);
        case ColumnType::float64: return fmt::format("{}", column.doubles[row]);
        case ColumnType::boolean: return column.bools[row] != 0 ? "true" : "false";
        case ColumnType::date: return format_date(static_cast<std::int32_t>(column.ints[row]));
        case ColumnType::timestamp: return format_timestamp({column.ints[row]});
    }
    return "";
}

}  // namespace tillstream
