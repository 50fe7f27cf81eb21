#include "sinks/warehouse/fact_table.h"

#include <algorithm>
#include <array>

namespace tillstream {

TableSchema fact_table(const Contract& contract) {
    TableSchema table{"shop", contract.name, {}};
    for (const Column& column : contract.columns)
        table.columns.push_back({column.name, column.type, column.description});
    for (const DerivedColumn& column : contract.derived) {
        table.columns.push_back({column.name, column.type, column.description});
    }
    const DataType text{ColumnType::string};
    const DataType number{ColumnType::int64};
    table.columns.push_back({"extra", {ColumnType::json}, "fields the contract does not know"});
    table.columns.push_back({"event_id", text, "the producer's own identity of the record"});
    table.columns.push_back({"stream", text, "stream the record came by"});
    table.columns.push_back({"shard", number, "shard of the stream", true});
    table.columns.push_back({"offset", number, "place of the record in its shard"});
    table.columns.push_back({"file_id", text, "file the row came from; null for records of a stream"});
    table.columns.push_back({"row_number", number, "row of that file"});
    table.columns.push_back({"arrived_at", {ColumnType::timestamp}, "when the record was stored"});
    return table;
}

std::optional<ViewSchema> clean_batch_view(const Contract& contract) {
    constexpr std::array<std::string_view, 8> kNeeded = {"invoice_no",  "stock_code",   "description",
                                                         "quantity",    "invoice_date", "unit_price",
                                                         "customer_id", "country"};
    const bool has_all = std::all_of(kNeeded.begin(), kNeeded.end(), [&](std::string_view name) {
        return contract.find_column(name).has_value();
    });
    if (contract.name != "sales" || !has_all) return std::nullopt;
    return ViewSchema{
        "shop", "clean_batch",
        "SELECT invoice_no AS invoiceno, stock_code AS stockcode, description, quantity, "
        "invoice_date AT TIME ZONE 'UTC' AS invoicedate, unit_price AS unitprice, "
        "customer_id AS customerid, trim(lower(country)) AS country FROM shop.sales "
        "WHERE customer_id IS NOT NULL AND invoice_date IS NOT NULL AND description IS NOT NULL"};
}

}  // namespace tillstream
