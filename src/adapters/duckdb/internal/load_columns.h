// load_columns.h - copies rows of a commit into the engine's vectors, column by column.
//
// Layout: StringRef is the engine's string_t, validity bits and fixed-width values have its order and width;
//         only decimals of up to nine digits, dates and 32-bit columns are narrowed on the way.
#pragma once

#include <duckdb.h>

#include <cstddef>
#include <vector>

#include "adapters/duckdb/internal/connection.h"
#include "core/result.h"
#include "ports/warehouse.h"

namespace tillstream::duck {

/// The metadata columns that follow a contract's own in a fact table.
inline constexpr std::size_t kFactMetadata = 8;

LogicalType logical_type(const TableColumn& column);

/// invalid_argument if the batch's columns are not those the table begins with.
Status check_fact_slice(const TableSchema& table, const FactSlice& slice);
/// invalid_argument if a cell does not fit its column's type.
Status check_cells(const TableSchema& table, const std::vector<Cell>& row);

/// Rows [first, first + count) of the slice to position `at` of every vector. Both expect checked input.
void fill_fact_columns(const TableSchema& table, const FactSlice& slice, std::size_t first, std::size_t count,
                       duckdb_data_chunk chunk, std::size_t at);
void fill_cell_columns(const TableSchema& table, const std::vector<std::vector<Cell>>& rows,
                       std::size_t first, std::size_t count, duckdb_data_chunk chunk, std::size_t at);

}  // namespace tillstream::duck
