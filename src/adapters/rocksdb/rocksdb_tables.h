// rocksdb_tables.h - the TableStore port on an embedded RocksDB.
//
// Place:      data folder, `tables/`. Everything in it can be rebuilt from the log: a damaged store may be
//             deleted while the server is stopped. Format: docs/formats/tables.md.
// Durability: no WAL: the log is the WAL. A commit (rows and positions) is one write batch of one column
//             family, so whatever reaches the disk is a whole prefix of the commits. A thread of the store
//             makes it reach the disk every checkpoint_interval while there is something new, earlier when
//             dirty_bytes have gathered, and at close.
// Threads:    any. Commits wait for each other; reads never wait for writes. RocksDB's own threads and the
//             checkpoints run behind everything else (nice +10).
// Limits:     memory_bytes holds blocks, indexes, filters and what is not on disk yet; the info log is at
//             most 2 MiB.
// Errors:     of open: corruption (the message says how to rebuild), unsupported (written in another format),
//             unavailable (another process holds it), resource_exhausted, io. A store whose checkpoint failed
//             refuses commits until one succeeds again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/log.h"
#include "core/metrics.h"
#include "core/result.h"
#include "ports/table_store.h"

namespace tillstream {

struct RocksdbOptions {
    std::uint64_t memory_bytes = 256ull << 20;
    std::uint64_t dirty_bytes = 32ull << 20;
    std::chrono::milliseconds checkpoint_interval{1000};
};

class RocksdbTables {
public:
    /// Opens the folder, or makes it. What a crash left is what the last checkpoint wrote, or a later commit.
    static Result<std::unique_ptr<TableStore>> open(const std::string& path, const RocksdbOptions& options,
                                                    Logger logger, Metrics& metrics);
};

}  // namespace tillstream
