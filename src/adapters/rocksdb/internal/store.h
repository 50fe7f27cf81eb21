// store.h - the store itself: commits, reads, and the thread that checkpoints.
//
// Locks:   commit_mutex_ before nothing else; checkpoint_mutex_ before commit_mutex_.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/rocksdb/internal/key_order.h"
#include "adapters/rocksdb/rocksdb_tables.h"

namespace tillstream::rocks {

class Store final : public TableStore {
public:
    Store(std::string path, const RocksdbOptions& options, Logger logger, Metrics& metrics);
    ~Store() override;
    Status open();

    TableCapabilities capabilities() const override {
        return {.atomic_commit = true,
                .consistent_scan = true,
                .item_bytes_max = 32 << 20,
                .partition_key_bytes_max = kKeyBytesMax,
                .sort_key_bytes_max = kKeyBytesMax};
    }
    Status commit(const TableCommit& commit) override;
    Status rehearse(const TableCommit& commit) override;
    Result<std::vector<SinkPosition>> positions(std::string_view consumer) override;
    Result<std::vector<SinkPosition>> persisted(std::string_view consumer) override;
    Status checkpoint() override;
    Status clear(std::string_view consumer, std::span<const std::string_view> tables) override;
    Result<bool> get(const TableKey& key, TableItem& item) override;
    Result<TablePage> query(const TableQuery& query) override;
    Status scan(std::string_view table, const TableVisitor& visit) override;

private:
    /// More than the largest record has (10 MiB).
    static constexpr std::size_t kKeyBytesMax = 11 << 20;
    using Positions = std::map<std::string, std::vector<SinkPosition>, std::less<>>;

    Status check_format();
    Status load_positions();
    /// Adds the writes to `batch` in the order of their keys, which the memtable takes at a fraction of the
    /// cost of random ones; reads items where an update or a condition asks for it.
    Status gather(const TableCommit& commit, rocksdb::WriteBatch& batch);
    Status add_write(const TableWrite& write, const rocksdb::Slice& key, rocksdb::WriteBatch& batch);
    Status write(rocksdb::WriteBatch& batch);
    /// Everything written so far, to disk.
    Status flush();
    /// The same, with commit_mutex_, before points may follow removed ranges.
    Status flush_removed();
    Result<TablePage> read_page(const TableQuery& query, rocksdb::Iterator& rows);
    void checkpoint_when_due();
    Error error_of(const rocksdb::Status& status, std::string_view what) const;

    const std::string path_;
    const RocksdbOptions options_;
    Logger logger_;
    Counter& writes_;
    Histogram& commit_seconds_;
    Histogram& checkpoint_seconds_;
    Gauge& dirty_gauge_;
    std::unique_ptr<rocksdb::DB> db_;

    mutable std::mutex commit_mutex_;
    Positions positions_;
    Positions persisted_;
    bool must_flush_ = false;        ///< the memtable holds removed ranges
    std::uint64_t dirty_bytes_ = 0;  ///< written since the last checkpoint began
    rocksdb::WriteBatch batch_;      ///< kept for its memory
    KeyOrder order_;
    std::string value_;

    std::mutex checkpoint_mutex_;
    std::condition_variable wake_;  ///< with commit_mutex_
    bool closing_ = false;
    std::thread checkpointer_;
};

}  // namespace tillstream::rocks
