// warehouse.h - the port to the SQL engine: load rows together with positions, and run read-only queries.
//
// Commit:   one transaction; compare-and-set on the positions of one named consumer (see sink.h).
// Errors:   of commit: conflict (stored position differs), invalid_argument (data refused), unavailable (try
//           again), corruption. Of query: invalid_argument (bad SQL; `location` in the message's form),
//           permission_denied, timeout, resource_exhausted (memory), cancelled.
// Threads:  commits from any thread, one at a time inside; queries from any thread, at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "contract/row_batch.h"
#include "core/decimal.h"
#include "core/result.h"
#include "core/time.h"
#include "ports/position.h"
#include "ports/sink.h"

namespace tillstream {

struct DecimalCell {
    Int128 value = 0;
    int scale = 0;
};
struct DateCell {
    std::int32_t days = 0;
};
struct JsonCell {
    std::string_view text;
};
/// One value of a row or parameter. Views live as long as the call they are passed in.
using Cell = std::variant<std::monostate, bool, std::int64_t, Int128, double, DecimalCell, DateCell,
                          Timestamp, JsonCell, std::string_view>;

struct TableColumn {
    std::string name;
    DataType type;
    std::string description;
    bool int32 = false;  ///< int64 columns only: stored in four bytes (SQL `integer`)
};

struct TableSchema {
    std::string schema;  ///< "shop", "ops", ...
    std::string name;
    std::vector<TableColumn> columns;
};

/// A view over other tables; `select` is the server's own SQL, never a user's.
struct ViewSchema {
    std::string schema;
    std::string name;
    std::string select;
};

/// Accepted rows of one shard's batch on their way to a fact table. The table's columns are the contract's
/// (derived included), then extra, event_id, stream, shard, offset, file_id, row_number, arrived_at (FACES
/// "SQL").
struct FactSlice {
    RowBatchPtr batch;
    std::vector<std::uint32_t> rows;     ///< rows of `batch`, accepted ones only
    std::vector<std::uint64_t> offsets;  ///< of each row in its shard
    std::string_view stream;
    std::uint32_t shard = 0;
    Timestamp arrived;
};

struct FactLoad {
    const TableSchema* table = nullptr;
    std::vector<FactSlice> slices;
};

/// Rows given cell by cell: for tables of few rows.
struct CellLoad {
    const TableSchema* table = nullptr;
    std::vector<std::vector<Cell>> rows;
};

/// Rows of one shard's offsets [from, to) in a fact table.
struct FactRange {
    const TableSchema* table = nullptr;
    std::string_view stream;
    std::uint32_t shard = 0;
    Offset from;
    Offset to;
};

struct WarehouseCommit {
    std::string_view consumer;       ///< whose positions these are
    std::vector<FactRange> removed;  ///< taken out before anything is loaded
    std::vector<FactLoad> facts;
    std::vector<CellLoad> cells;
    std::vector<SourceOffset> expected;   ///< stored next of each source touched; next 0 = no entry yet
    std::vector<SinkPosition> positions;  ///< what is stored instead

    /// Fills `expected` and `positions` from the progress of a sink.
    void advance(std::span<const SourceRange> ranges, Epoch epoch) {
        for (const SourceRange& range : ranges) {
            expected.push_back({range.source, range.from});
            positions.push_back({range.source, range.to, range.cursor, epoch});
        }
    }
};

struct ResultColumn {
    std::string name;
    /// FACES: text boolean integer bigint hugeint double decimal(p,s) date timestamp timestamptz json
    std::string type;
};

/// Receives a result row by row. Returning false ends the query (the rest is dropped).
class ResultVisitor {
public:
    virtual ~ResultVisitor() = default;
    virtual void columns(std::span<const ResultColumn> columns) = 0;
    virtual bool row(std::span<const Cell> cells) = 0;
};

struct QueryLimits {
    std::chrono::milliseconds timeout{30000};
};

/// What the engine's own parser says about a text, without running it.
struct StatementInfo {
    std::size_t statements = 0;
    /// one SELECT (or VALUES, WITH ... SELECT, EXPLAIN or DESCRIBE of one)
    bool read_only_select = false;
    std::vector<std::string> functions;  ///< every function called, lower case, also in sub-queries and FROM
    std::vector<std::string> table_functions;  ///< those of them called in FROM
    std::vector<std::string> relations;        ///< every table or file named in FROM, as written
};

/// Where SQL is wrong. Line and column count from 1.
struct SqlError {
    std::string message;
    int line = 1;
    int column = 1;
};

/// Rows together with the texts they point into.
struct OwnedRows {
    std::deque<std::string> texts;
    std::vector<std::vector<Cell>> rows;

    std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
};

/// The rows of a live table at this moment. Called on a query's thread; must not query the warehouse.
using LiveRows = std::function<OwnedRows()>;

class Warehouse {
public:
    virtual ~Warehouse() = default;

    /// Creates the table, or adds the columns it lacks. conflict if a column exists with another type.
    virtual Status ensure_table(const TableSchema& table) = 0;
    /// Creates or replaces the view.
    virtual Status ensure_view(const ViewSchema& view) = 0;
    /// A table whose rows are asked for when it is queried; `rows` stays callable as long as the warehouse.
    virtual Status ensure_live_table(const TableSchema& table, LiveRows rows) = 0;
    virtual Result<std::vector<SinkPosition>> positions(std::string_view consumer) = 0;
    virtual Status commit(const WarehouseCommit& commit) = 0;
    /// Runs the load of `commit` in a transaction and rolls it back.
    virtual Status rehearse(const WarehouseCommit& commit) = 0;

    /// Removes all rows of the tables and the consumer's positions in one transaction.
    virtual Status clear(std::string_view consumer, std::span<const TableSchema> tables) = 0;

    /// Parses only. An Error is none of the text's: the engine could not look at it now.
    virtual std::variant<StatementInfo, SqlError, Error> inspect(std::string_view sql) = 0;
    /// Runs one statement with $1... bound to `params`, on a connection that cannot reach files or settings.
    virtual std::variant<Status, SqlError> query(std::string_view sql, std::span<const Cell> params,
                                                 const QueryLimits& limits, ResultVisitor& visitor) = 0;
};

}  // namespace tillstream
