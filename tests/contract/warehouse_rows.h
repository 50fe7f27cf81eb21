// warehouse_rows.h - queries as tables of text, and decoded fact rows of every column type, for tests of a
// Warehouse.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "contract/row_batch.h"
#include "ports/warehouse.h"

namespace tillstream::testing {

/// A result, every cell as text.
struct Table {
    std::string code;  ///< "" if it went well, "sql" for an SqlError, else the name of the Errc
    std::string error;
    int line = 0;
    int column = 0;
    std::vector<std::string> names;
    std::vector<std::string> types;
    std::vector<std::vector<std::string>> rows;
};

std::string cell_text(const Cell& cell);
/// At most `rows_max` rows.
Table run(Warehouse& warehouse, std::string_view sql, std::span<const Cell> params = {},
          std::chrono::milliseconds timeout = std::chrono::seconds(60), std::size_t rows_max = 1'000'000);
/// The one number a query returns; a test failure and -1 if it does not.
std::int64_t count_of(Warehouse& warehouse, std::string_view sql);

/// `rows` rows of a contract that has a column of each type, with nulls, short and long strings, unknown
/// fields and event ids, spread over four shards; every 10th row was rejected.
class FactRows {
public:
    explicit FactRows(std::size_t rows);

    const ContractPtr& contract() const { return contract_; }
    const TableSchema& table() const { return table_; }
    std::size_t accepted() const { return accepted_; }
    /// All accepted rows, one source a shard, going from offset `from` to `to` in each.
    WarehouseCommit commit(std::string_view consumer, std::uint64_t from, std::uint64_t to) const;
    /// Compares count and contents with what was decoded.
    void expect_in(Warehouse& warehouse) const;

private:
    ContractPtr contract_;
    TableSchema table_;
    RowBatchPtr batch_;
    std::size_t accepted_ = 0;
    std::vector<FactSlice> slices_;
};

}  // namespace tillstream::testing
