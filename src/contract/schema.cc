#include "contract/schema.h"

#include <fmt/format.h>

namespace tillstream {

std::string DataType::name() const {
    switch (type) {
        case ColumnType::string: return "string";
        case ColumnType::int64: return "int64";
        case ColumnType::decimal: return fmt::format("decimal({},{})", precision, scale);
        case ColumnType::float64: return "double";
        case ColumnType::boolean: return "bool";
        case ColumnType::date: return "date";
        case ColumnType::timestamp: return "timestamp";
        case ColumnType::json: return "json";
    }
    return "";
}

std::optional<std::size_t> Contract::find_column(std::string_view column) const {
    for (std::size_t i = 0; i < width(); ++i)
        if (column_name(i) == column) return i;
    return std::nullopt;
}

}  // namespace tillstream
