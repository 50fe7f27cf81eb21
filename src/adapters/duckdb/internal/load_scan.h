// load_scan.h - a DuckDB table function that hands the rows of one commit to INSERT ... SELECT.
//
// Why:       copying whole columns into the engine's vectors is several times faster than its appender.
// Ownership: strings longer than 12 bytes are not copied: the vectors point into the RowBatch (or the
//            caller's cells), which live until the INSERT has returned; by then the engine has copied what it
//            keeps.
// Safety:    a scan needs the random handle of the load that is running; SQL of users cannot know it.
// Threads:   the engine calls `fill` from several threads at once; a LoadPlan is immutable.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "adapters/duckdb/internal/connection.h"
#include "core/result.h"
#include "ports/warehouse.h"

namespace tillstream::duck {

/// What one table gets in one commit, cut into the engine's chunks of at most 2,048 rows.
class LoadPlan {
public:
    /// invalid_argument if slices and table do not fit together.
    static Result<LoadPlan> of(const FactLoad& load);
    static Result<LoadPlan> of(const CellLoad& load);

    const TableSchema& table() const { return *table_; }
    std::size_t rows() const { return rows_; }
    std::size_t chunks() const { return chunk_ends_.size(); }
    /// Columns of chunk `index` into `chunk`.
    void fill(std::size_t index, duckdb_data_chunk chunk) const;

private:
    struct Piece {
        const FactSlice* slice;  ///< null: rows of `cells_`
        std::size_t first;
        std::size_t count;
    };
    explicit LoadPlan(const TableSchema& table) : table_(&table) {}
    void add(const FactSlice* slice, std::size_t count);

    const TableSchema* table_;
    const std::vector<std::vector<Cell>>* cells_ = nullptr;
    std::vector<Piece> pieces_;
    std::vector<std::size_t> chunk_ends_;  ///< end of each chunk in pieces_
    std::size_t rows_ = 0;
    std::size_t room_ = 0;  ///< left in the last chunk
};

/// The function as it is registered in one database, and the load it serves at the moment.
class LoadScan {
public:
    LoadScan();
    ~LoadScan();
    Status register_on(duckdb_connection connection);
    /// INSERT of all rows of the plan, inside the caller's transaction.
    Status run(duckdb_connection connection, const LoadPlan& plan);

    struct Slot;

private:
    std::shared_ptr<Slot> slot_;
};

}  // namespace tillstream::duck
