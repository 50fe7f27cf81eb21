#include "adapters/duckdb/duckdb_warehouse.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>

#include "adapters/duckdb/internal/connection.h"
#include "adapters/duckdb/internal/query.h"
#include "adapters/duckdb/internal/readers.h"
#include "adapters/duckdb/internal/writer.h"

namespace tillstream {

namespace {

using duck::Connection;
using duck::Database;
using duck::Readers;
using duck::Writer;

class OpenWarehouse final : public Warehouse {
public:
    OpenWarehouse(Database database, Connection writer, std::vector<Connection> readers,
                  const std::string& path, const DuckdbOptions& options, Logger logger, Metrics& metrics)
        : database_(std::move(database)),
          readers_(std::move(readers)),
          writer_(std::move(writer), readers_, path, options, std::move(logger), metrics),
          query_seconds_(metrics.histogram("tillstream_warehouse_query_seconds",
                                           "Time of queries on the warehouse", latency_buckets())) {}

    Status start() { return writer_.start(); }

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

    std::variant<StatementInfo, SqlError, Error> inspect(std::string_view sql) override {
        auto lease = readers_.borrow(Readers::Clock::now() + kInspectTime);
        if (!lease) return lease.error();
        return duck::inspect_sql(*lease, sql);
    }

    std::variant<Status, SqlError> query(std::string_view sql, std::span<const Cell> params,
                                         const QueryLimits& limits, ResultVisitor& visitor) override {
        const auto begun = Readers::Clock::now();
        auto lease = readers_.borrow(begun + limits.timeout);
        if (!lease) return Status(failure(lease.error()));
        auto outcome = duck::run_query(*lease, sql, params, visitor);
        query_seconds_.observe(std::chrono::duration<double>(Readers::Clock::now() - begun).count());
        return outcome;
    }

private:
    static constexpr std::chrono::seconds kInspectTime{10};

    Database database_;  // closed last
    Readers readers_;
    Writer writer_;
    Histogram& query_seconds_;
};

using Config = duck::Owned<duckdb_config, duckdb_destroy_config>;

/// Three headers are what a new file begins with; the first block comes with the first checkpoint.
constexpr std::uintmax_t kHeaderBytes = 3 * 4096;

/// A process that ends while it makes the file leaves one that nobody can open and that holds nothing yet.
Status remove_unfinished(const std::string& path, const Logger& logger) {
    std::error_code absent;
    const std::uintmax_t size = std::filesystem::file_size(path, absent);
    if (absent || size > kHeaderBytes) return {};
    const std::uintmax_t wal = std::filesystem::file_size(path + ".wal", absent);
    if (!absent && wal > 0) return {};
    std::error_code failed;
    std::filesystem::remove(path, failed);
    if (failed) {
        return failure(Errc::io, fmt::format("{} holds nothing and cannot be removed: {}", path,
                                             failed.message()));
    }
    logger.warn("a warehouse that was never finished is made again", {{"path", path}, {"bytes", size}});
    return {};
}

Error open_error(const std::string& path, const std::string& message) {
    const auto says = [&](std::initializer_list<const char*> phrases) {
        return std::any_of(phrases.begin(), phrases.end(), [&](const char* words) {
            return message.find(words) != std::string::npos;
        });
    };
    if (says({"Conflicting lock", "Could not set lock"})) {
        return Error{Errc::unavailable, fmt::format("{} is in use by another process: {}", path, message)};
    }
    // What a file holds shows only where it could be read: damage is what says so, all else may pass.
    const bool short_of_something =
        says({"Out of Memory", "Permission denied", "Cannot open file", "No space left", "Too many open files"});
    if (short_of_something ||
        !says({"orrupt", "hecksum", "not a valid", "erializ", "replaying WAL", "WAL replay"})) {
        return Error{Errc::io, fmt::format("{} cannot be opened: {}", path, message)};
    }
    return Error{
        Errc::corruption,
        fmt::format("{} is damaged ({}); stop the server, delete {} and {}.wal, and start it again: the "
                    "warehouse is rebuilt from the log",
                    path, message, path, path)};
}

Result<Database> open_database(const std::string& path, const DuckdbOptions& options) {
    Config config;
    duckdb_create_config(config.out());
    const auto set = [&](const char* name, const std::string& value) {
        duckdb_set_config(config.get(), name, value.c_str());
    };
    set("memory_limit", fmt::format("{}B", options.memory_bytes));
    if (options.threads > 0) set("threads", std::to_string(options.threads));
    set("temp_directory", path + ".tmp");
    set("max_temp_directory_size", fmt::format("{}B", options.spill_bytes));
    set("preserve_insertion_order", "false");
    set("autoload_known_extensions", "false");
    set("autoinstall_known_extensions", "false");
    set("allow_community_extensions", "false");
    // Far above wal_bytes: only this class folds the WAL in.
    set("checkpoint_threshold", "16GB");
    Database database;
    char* message = nullptr;
    if (duckdb_open_ext(path.c_str(), database.out(), config.get(), &message) != DuckDBSuccess) {
        return failure(open_error(path, duck::take_text(message)));
    }
    return database;
}

Result<Connection> connect(const Database& database) {
    Connection connection;
    if (duckdb_connect(database.get(), connection.out()) != DuckDBSuccess) {
        return failure(Errc::internal, "warehouse: no connection to the open database");
    }
    return connection;
}

/// Settings of a session can be made only before settings are locked: hence all readers at once.
Result<std::vector<Connection>> connect_readers(const Database& database, std::size_t count) {
    std::vector<Connection> readers;
    for (std::size_t i = 0; i < count; ++i) {
        Connection reader = TILLSTREAM_TRY(connect(database));
        TILLSTREAM_CHECK(duck::execute(reader.get(), "SET search_path='shop,kpi,lake,ops'"));
        TILLSTREAM_CHECK(duck::execute(reader.get(), "SET errors_as_json=true"));
        readers.push_back(std::move(reader));
    }
    return readers;
}

Status lock_down(duckdb_connection connection) {
    for (const char* statement : {"SET GLOBAL TimeZone='UTC'", "SET GLOBAL enable_external_access=false",
                                  "SET GLOBAL lock_configuration=true"}) {
        TILLSTREAM_CHECK(duck::execute(connection, statement));
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Warehouse>> DuckdbWarehouse::open(const std::string& path,
                                                         const DuckdbOptions& options, Logger logger,
                                                         Metrics& metrics) {
    TILLSTREAM_CHECK(remove_unfinished(path, logger));
    Database database = TILLSTREAM_TRY(open_database(path, options));
    Connection writer = TILLSTREAM_TRY(connect(database));
    for (const char* schema : {"shop", "kpi", "lake", "ops"}) {
        TILLSTREAM_CHECK(duck::execute(writer.get(), fmt::format("CREATE SCHEMA IF NOT EXISTS {}", schema)));
    }
    std::vector<Connection> readers = TILLSTREAM_TRY(connect_readers(database, options.readers));
    TILLSTREAM_CHECK(lock_down(writer.get()));
    auto warehouse =
        std::make_unique<OpenWarehouse>(std::move(database), std::move(writer), std::move(readers), path,
                                        options, logger.named("warehouse"), metrics);
    TILLSTREAM_CHECK(warehouse->start());
    return std::unique_ptr<Warehouse>(std::move(warehouse));
}

}  // namespace tillstream
