// writer.h - the one connection that writes: tables, commits with positions, and the schedule of checkpoints.
//
// Rule:     every write holds `mutex_` from BEGIN to COMMIT; CHECKPOINT too, because it fails beside an open
//           write transaction.
// Threads:  any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "adapters/duckdb/duckdb_warehouse.h"
#include "adapters/duckdb/internal/connection.h"
#include "adapters/duckdb/internal/load_scan.h"
#include "adapters/duckdb/internal/readers.h"

namespace tillstream::duck {

class Writer {
public:
    Writer(Connection connection, Readers& readers, const std::string& path, const DuckdbOptions& options,
           Logger logger, Metrics& metrics);
    /// A last checkpoint is left to the engine's own close.
    ~Writer();

    /// Makes the position table and starts the schedule.
    Status start();

    Status ensure_table(const TableSchema& table);
    Status ensure_view(const ViewSchema& view);
    Status ensure_live_table(const TableSchema& table, LiveRows rows);
    Result<std::vector<SinkPosition>> positions(std::string_view consumer);
    Status commit(const WarehouseCommit& commit);
    Status rehearse(const WarehouseCommit& commit);
    Status clear(std::string_view consumer, std::span<const TableSchema> tables);

private:
    enum class Ending { commit, rollback };

    Status write(const WarehouseCommit& commit, Ending ending);
    Status write_once(const std::vector<LoadPlan>& plans, const WarehouseCommit& commit, Ending ending);
    Status load(const std::vector<LoadPlan>& plans, const WarehouseCommit& commit, Ending ending);
    Status remove(const FactRange& range);
    Result<bool> is_stored(const WarehouseCommit& commit);
    Status store_positions(const WarehouseCommit& commit, const std::vector<SinkPosition>& stored);
    Result<std::vector<SinkPosition>> read_positions(std::string_view consumer);
    Status alter_table(const TableSchema& table);
    Status comment_columns(const TableSchema& table);
    std::uint64_t wal_size() const;
    bool has_room_to_fold(std::uint64_t wal_size);
    void keep_wal_small();
    Status checkpoint();

    std::mutex mutex_;
    std::condition_variable wake_;
    Connection connection_;
    Readers& readers_;
    std::string wal_path_;
    DuckdbOptions options_;
    Logger logger_;
    LoadScan scan_;
    Prepared select_positions_;
    Prepared update_position_;
    Prepared insert_position_;
    std::chrono::steady_clock::time_point last_commit_{};
    bool commit_failed_ = false;  ///< the last one, and not for what it held
    bool short_of_room_ = false;  ///< said so in the log
    bool closing_ = false;
    Counter& rows_;
    Histogram& commit_seconds_;
    Histogram& checkpoint_seconds_;
    Gauge& wal_bytes_;
    std::thread schedule_;
};

}  // namespace tillstream::duck
