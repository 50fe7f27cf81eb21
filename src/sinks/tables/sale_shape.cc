#include "sinks/tables/sale_shape.h"

#include <string_view>

namespace tillstream {

namespace {

constexpr std::string_view kDataset = "sales";

std::optional<std::size_t> column_of(const Contract& contract, std::string_view name, ColumnType type) {
    for (std::size_t i = 0; i < contract.width(); ++i) {
        if (contract.column_name(i) == name && contract.column_type(i).type == type) return i;
    }
    return std::nullopt;
}

bool take(const Contract& contract, std::string_view name, ColumnType type, bool required,
          std::size_t& into) {
    const auto column = column_of(contract, name, type);
    if (!column) return false;
    into = *column;
    return !required || (*column < contract.columns.size() && contract.columns[*column].required);
}

}  // namespace

std::optional<SaleShape> sale_shape(const Contract& contract) {
    SaleShape shape;
    if (contract.name != kDataset ||
        !take(contract, "invoice_no", ColumnType::string, true, shape.invoice_no) ||
        !take(contract, "stock_code", ColumnType::string, true, shape.stock_code) ||
        !take(contract, "quantity", ColumnType::int64, true, shape.quantity) ||
        !take(contract, "invoice_date", ColumnType::timestamp, true, shape.invoice_date) ||
        !take(contract, "unit_price", ColumnType::decimal, true, shape.unit_price) ||
        !take(contract, "customer_id", ColumnType::int64, false, shape.customer_id) ||
        !take(contract, "country", ColumnType::string, false, shape.country)) {
        return std::nullopt;
    }
    shape.description = column_of(contract, "description", ColumnType::string);
    shape.line_total = column_of(contract, "line_total", ColumnType::decimal);
    shape.price_scale = contract.column_type(shape.unit_price).scale;
    shape.total_scale = shape.line_total ? contract.column_type(*shape.line_total).scale : shape.price_scale;
    return shape;
}

bool may_hold_sales(std::string_view contract_id) {
    return contract_id.substr(0, contract_id.find('@')) == kDataset;
}

}  // namespace tillstream
