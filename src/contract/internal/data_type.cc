#include "contract/internal/data_type.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <vector>

#include "config/nearest_name.h"

namespace tillstream {

namespace {

struct PlainType {
    std::string_view name;
    ColumnType type;
};

constexpr std::array kPlainTypes = {
    PlainType{"string", ColumnType::string},  PlainType{"int64", ColumnType::int64},
    PlainType{"double", ColumnType::float64}, PlainType{"bool", ColumnType::boolean},
    PlainType{"date", ColumnType::date},      PlainType{"timestamp", ColumnType::timestamp},
    PlainType{"json", ColumnType::json},
};

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

bool parse_number(std::string_view text, int& value) {
    text = trimmed(text);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

Result<DataType> parse_decimal_type(std::string_view text) {
    constexpr int kMaxPrecision = 38;
    const std::size_t open = text.find('('), comma = text.find(','), close = text.rfind(')');
    DataType type{ColumnType::decimal, 0, 0};
    if (open == text.npos || comma == text.npos || close != text.size() - 1 || comma < open ||
        !parse_number(text.substr(open + 1, comma - open - 1), type.precision) ||
        !parse_number(text.substr(comma + 1, close - comma - 1), type.scale))
        return failure(Errc::invalid_argument, fmt::format("'{}' is no type; write decimal(18,4)", text));
    if (type.precision < 1 || type.precision > kMaxPrecision || type.scale < 0 || type.scale > type.precision)
        return failure(Errc::invalid_argument,
                       fmt::format("{} is out of bounds: precision 1 to 38, scale 0 to the precision", text));
    return type;
}

}  // namespace

Result<DataType> parse_data_type(std::string_view text) {
    for (const PlainType& plain : kPlainTypes)
        if (plain.name == text) return DataType{plain.type, 0, 0};
    if (text.starts_with("decimal")) return parse_decimal_type(text);
    std::vector<std::string> names = {"decimal(18,4)"};
    for (const PlainType& plain : kPlainTypes) names.emplace_back(plain.name);
    return failure(Errc::invalid_argument, fmt::format("unknown type '{}'{}", text, suggestion(text, names)));
}

std::span<const std::string_view> reserved_column_names() {
    static constexpr std::array<std::string_view, 8> kReserved = {
        "extra", "event_id", "stream", "shard", "offset", "file_id", "row_number", "arrived_at"};
    return kReserved;
}

}  // namespace tillstream
