#include "adapters/duckdb/internal/live_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/duckdb/internal/connection.h"
#include "adapters/duckdb/internal/load_columns.h"

namespace tillstream::duck {

namespace {

constexpr std::size_t kVectorRows = 2048;

struct LiveTable {
    TableSchema schema;
    LiveRows rows;
};

/// The rows of one query.
struct Snapshot {
    OwnedRows content;
    std::size_t given = 0;
};

void bind(duckdb_bind_info info) {
    const auto* table = static_cast<const LiveTable*>(duckdb_bind_get_extra_info(info));
    for (const TableColumn& column : table->schema.columns) {
        const LogicalType type = logical_type(column);
        duckdb_bind_add_result_column(info, column.name.c_str(), type.get());
    }
}

void init(duckdb_init_info info) {
    const auto* table = static_cast<const LiveTable*>(duckdb_init_get_extra_info(info));
    duckdb_init_set_max_threads(info, 1);
    duckdb_init_set_init_data(info, new Snapshot{table->rows(), 0},
                              [](void* data) { delete static_cast<Snapshot*>(data); });
}

void scan(duckdb_function_info info, duckdb_data_chunk output) {
    const auto* table = static_cast<const LiveTable*>(duckdb_function_get_extra_info(info));
    auto& snapshot = *static_cast<Snapshot*>(duckdb_function_get_init_data(info));
    const std::size_t count = std::min(kVectorRows, snapshot.content.rows.size() - snapshot.given);
    if (count > 0) fill_cell_columns(table->schema, snapshot.content.rows, snapshot.given, count, output, 0);
    snapshot.given += count;
    duckdb_data_chunk_set_size(output, count);
}

using TableFunction = Owned<duckdb_table_function, duckdb_destroy_table_function>;

}  // namespace

Result<std::string> register_live_table(duckdb_connection connection, const TableSchema& table,
                                        LiveRows rows) {
    const std::string name = fmt::format("tillstream_live_{}_{}", table.schema, table.name);
    const TableFunction function(duckdb_create_table_function());
    duckdb_table_function_set_name(function.get(), name.c_str());
    duckdb_table_function_set_extra_info(function.get(), new LiveTable{table, std::move(rows)},
                                         [](void* data) { delete static_cast<LiveTable*>(data); });
    duckdb_table_function_set_bind(function.get(), bind);
    duckdb_table_function_set_init(function.get(), init);
    duckdb_table_function_set_function(function.get(), scan);
    if (duckdb_register_table_function(connection, function.get()) == DuckDBSuccess) return name;
    return failure(Errc::internal, fmt::format("warehouse: {} cannot be registered", name));
}

}  // namespace tillstream::duck
