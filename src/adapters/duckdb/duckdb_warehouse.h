// duckdb_warehouse.h - the Warehouse port on an embedded DuckDB: one file, one writer, many locked-down
// readers.
//
// Place:      data folder, `warehouse.duckdb` (+ `.wal`, + `.tmp/` for spills). Everything in it can be
//             rebuilt from the log: a damaged file may be deleted while the server is stopped.
// Durability: commit returns after the WAL is synced. The WAL is folded into the file on this class's own
//             schedule (by size, or when idle), never by DuckDB in the middle of a commit; WAL size bounds
//             the time to open.
// Threads:    any. Writes wait for each other; reads never wait for writes.
// Limits:     memory_bytes holds for the whole database: when a commit runs out of memory, the queries
//             that ran when it began are ended and the commit is tried again.
// Recovery:   after an error that is fatal to the engine (a checkpoint without memory or disk) the file is
//             closed and opened again as soon as nobody is inside; calls meanwhile are unavailable.
// Safety:     files, network, extensions and settings are switched off for every connection before `open`
//             returns.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/log.h"
#include "core/metrics.h"
#include "core/result.h"
#include "ports/warehouse.h"

namespace tillstream {

struct DuckdbOptions {
    std::uint64_t memory_bytes = 1ull << 30;
    int threads = 0;                         ///< of DuckDB's pool; 0 = one a core
    std::uint64_t spill_bytes = 2ull << 30;  ///< most that queries may put into the temporary folder
    std::size_t readers = 8;                 ///< queries at once; more wait
    std::uint64_t wal_bytes = 32ull << 20;   ///< the WAL is folded in when it is larger than this
    std::chrono::milliseconds idle{2000};    ///< ... or when nothing was committed for this long
};

class DuckdbWarehouse {
public:
    /// Opens or creates the file; replays its WAL (seconds if that is large: never on the way to the first
    /// answer).
    /// Errors: corruption (the message says how to rebuild), unavailable (another process holds it), io.
    static Result<std::unique_ptr<Warehouse>> open(const std::string& path, const DuckdbOptions& options,
                                                   Logger logger, Metrics& metrics);
};

}  // namespace tillstream
