// open_warehouse.h - the Warehouse port on one instance of the engine, from opening the file to closing it.
//
// Lifecycle:  never two on one file at a time: the engine's lock on the file does not tell two instances in
//             one process apart.
// Threads:    any; nobody is inside when it is destroyed.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/duckdb/duckdb_warehouse.h"
#include "adapters/duckdb/internal/connection.h"
#include "adapters/duckdb/internal/readers.h"
#include "adapters/duckdb/internal/writer.h"

namespace tillstream::duck {

class OpenWarehouse final : public Warehouse {
public:
    /// Errors: see DuckdbWarehouse::open.
    static Result<std::unique_ptr<OpenWarehouse>> open(const std::string& path, const DuckdbOptions& options,
                                                       const Logger& logger, Metrics& metrics);

    Status ensure_table(const TableSchema& table) override { return writer_.ensure_table(table); }
    Status ensure_view(const ViewSchema& view) override { return writer_.ensure_view(view); }
    Status ensure_live_table(const TableSchema& table, LiveRows rows) override {
        return writer_.ensure_live_table(table, std::move(rows));
    }
    Result<std::vector<SinkPosition>> positions(std::string_view consumer) override {
        return writer_.positions(consumer);
    }
    Status commit(const WarehouseCommit& commit) override { return writer_.commit(commit); }
    Status rehearse(const WarehouseCommit& commit) override { return writer_.rehearse(commit); }
    Status clear(std::string_view consumer, std::span<const TableSchema> tables) override {
        return writer_.clear(consumer, tables);
    }
    std::variant<StatementInfo, SqlError, Error> inspect(std::string_view sql) override;
    std::variant<Status, SqlError> query(std::string_view sql, std::span<const Cell> params,
                                         const QueryLimits& limits, ResultVisitor& visitor) override;

    /// Why the engine refuses every statement from here on, as it does after an error it calls fatal; nothing
    /// while it lives.
    std::optional<Error> death();
    /// Ends every query that runs: unavailable.
    void end_queries() { readers_.end_all(); }

private:
    /// The connections of one instance, in the order they are made.
    struct Connections {
        Connection writer;
        Connection probe;
        std::vector<Connection> readers;
    };
    static Result<Connections> connect_all(const Database& database, const DuckdbOptions& options);
    OpenWarehouse(Database database, Connections connections, const std::string& path,
                  const DuckdbOptions& options, const Logger& logger, Metrics& metrics);

    Database database_;  // closed last
    std::mutex probe_mutex_;
    Connection probe_;
    Readers readers_;
    Writer writer_;
    Histogram& query_seconds_;
};

}  // namespace tillstream::duck
