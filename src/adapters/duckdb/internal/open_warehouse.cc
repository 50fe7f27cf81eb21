#include "adapters/duckdb/internal/open_warehouse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <initializer_list>

#include "adapters/duckdb/internal/query.h"

namespace tillstream::duck {

namespace {

constexpr std::chrono::seconds kInspectTime{10};

using Config = Owned<duckdb_config, duckdb_destroy_config>;

/// Three headers are what a new file begins with; the first block comes with the first checkpoint.
constexpr std::uintmax_t kHeaderBytes = 3 * 4096;

/// The first header as far as it was written; anything else there was put there by somebody else.
bool begins_like_new(const std::string& path) {
    std::array<char, 12> bytes{};
    std::ifstream(path, std::ios::binary).read(bytes.data(), bytes.size());
    const std::string_view begun(bytes.data(), bytes.size());
    return begun.substr(8) == "DUCK" || begun == std::string(bytes.size(), '\0');
}

/// A process that ends while it makes the file leaves one that nobody can open and that holds nothing yet.
Status remove_unfinished(const std::string& path, const Logger& logger) {
    std::error_code absent;
    const std::uintmax_t size = std::filesystem::file_size(path, absent);
    if (absent || size > kHeaderBytes || !begins_like_new(path)) return {};
    const std::uintmax_t wal = std::filesystem::file_size(path + ".wal", absent);
    if (!absent && wal > 0) return {};
    std::error_code failed;
    std::filesystem::remove(path, failed);
    if (failed) {
        return failure(Errc::io,
                       fmt::format("{} holds nothing and cannot be removed: {}", path, failed.message()));
    }
    logger.warn("a warehouse that was never finished is made again", {{"path", path}, {"bytes", size}});
    return {};
}

Error open_error(const std::string& path, const std::string& message) {
    const auto says = [&](std::initializer_list<const char*> phrases) {
        return std::any_of(phrases.begin(), phrases.end(),
                           [&](const char* words) { return message.find(words) != std::string::npos; });
    };
    if (says({"Conflicting lock", "Could not set lock"})) {
        return Error{Errc::unavailable, fmt::format("{} is in use by another process: {}", path, message)};
    }
    // What a file holds shows only where it could be read: damage is what says so, all else may pass.
    const bool short_of_something =
        says({"Out of Memory", "Permission denied", "Cannot open file", "Could not read from file",
              "Could not write", "No space left", "Too many open"});
    if (short_of_something || !says({"orrupt", "hecksum", "not a valid", "read enough bytes", "erializ",
                                     "replaying WAL", "WAL replay"})) {
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
    // Far above wal_bytes: only Writer folds the WAL in.
    set("checkpoint_threshold", "16GB");
    Database database;
    char* message = nullptr;
    if (duckdb_open_ext(path.c_str(), database.out(), config.get(), &message) != DuckDBSuccess) {
        return failure(open_error(path, take_text(message)));
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
        TILLSTREAM_CHECK(execute(reader.get(), "SET search_path='shop,kpi,lake,ops'"));
        TILLSTREAM_CHECK(execute(reader.get(), "SET errors_as_json=true"));
        readers.push_back(std::move(reader));
    }
    return readers;
}

Status lock_down(duckdb_connection connection) {
    for (const char* statement : {"SET GLOBAL TimeZone='UTC'", "SET GLOBAL enable_external_access=false",
                                  "SET GLOBAL lock_configuration=true"}) {
        TILLSTREAM_CHECK(execute(connection, statement));
    }
    return {};
}

}  // namespace

Result<OpenWarehouse::Connections> OpenWarehouse::connect_all(const Database& database,
                                                              const DuckdbOptions& options) {
    Connections all;
    all.writer = TILLSTREAM_TRY(connect(database));
    for (const char* schema : {"shop", "kpi", "lake", "ops"}) {
        TILLSTREAM_CHECK(execute(all.writer.get(), fmt::format("CREATE SCHEMA IF NOT EXISTS {}", schema)));
    }
    all.probe = TILLSTREAM_TRY(connect(database));
    all.readers = TILLSTREAM_TRY(connect_readers(database, options.readers));
    TILLSTREAM_CHECK(lock_down(all.writer.get()));
    return all;
}

Result<std::unique_ptr<OpenWarehouse>> OpenWarehouse::open(const std::string& path,
                                                           const DuckdbOptions& options, const Logger& logger,
                                                           Metrics& metrics) {
    TILLSTREAM_CHECK(remove_unfinished(path, logger));
    Database database = TILLSTREAM_TRY(open_database(path, options));
    Connections connections = TILLSTREAM_TRY(connect_all(database, options));
    std::unique_ptr<OpenWarehouse> warehouse(
        new OpenWarehouse(std::move(database), std::move(connections), path, options, logger, metrics));
    TILLSTREAM_CHECK(warehouse->writer_.start());
    return warehouse;
}

OpenWarehouse::OpenWarehouse(Database database, Connections connections, const std::string& path,
                             const DuckdbOptions& options, const Logger& logger, Metrics& metrics)
    : database_(std::move(database)),
      probe_(std::move(connections.probe)),
      readers_(std::move(connections.readers)),
      writer_(std::move(connections.writer), readers_, path, options, logger, metrics),
      query_seconds_(metrics.histogram("tillstream_warehouse_query_seconds",
                                       "Time of queries on the warehouse", latency_buckets())) {}

std::variant<StatementInfo, SqlError, Error> OpenWarehouse::inspect(std::string_view sql) {
    auto lease = readers_.borrow(Readers::Clock::now() + kInspectTime);
    if (!lease) return lease.error();
    return inspect_sql(*lease, sql);
}

std::variant<Status, SqlError> OpenWarehouse::query(std::string_view sql, std::span<const Cell> params,
                                                    const QueryLimits& limits, ResultVisitor& visitor) {
    const auto begun = Readers::Clock::now();
    auto lease = readers_.borrow(begun + limits.timeout);
    if (!lease) return Status(failure(lease.error()));
    auto outcome = run_query(*lease, sql, params, visitor);
    query_seconds_.observe(std::chrono::duration<double>(Readers::Clock::now() - begun).count());
    return outcome;
}

std::optional<Error> OpenWarehouse::death() {
    const std::lock_guard lock(probe_mutex_);
    QueryResult result;
    if (duckdb_query(probe_.get(), "SELECT 1", result.out()) == DuckDBSuccess ||
        duckdb_result_error_type(result.out()) != DUCKDB_ERROR_FATAL) {
        return std::nullopt;
    }
    return write_error(result);
}

}  // namespace tillstream::duck
