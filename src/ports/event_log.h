// event_log.h - the port to the log: everything that changes data is a record in it.
//
// Order:    durable -> published -> acknowledged. `done` of append runs after the bytes are on stable storage
//           and readers may see them; a reader is never given what a crash could take back.
// Atomic:   all batches of one append become durable together or not at all (capability atomic_request).
// Order of records: by offset within a source; between sources unspecified, except that one reader never goes
//                   back.
// Errors:   of append: unavailable / resource_exhausted (nothing was written: answer 503 with Retry-After),
//           outcome_unknown (a flush failed: the process is about to end).
// Threads:  append, sources and durable_end from any thread; a LogReader by one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "contract/row_batch.h"
#include "contract/verdict.h"
#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "ports/position.h"

namespace tillstream {

/// One shard of one stream, in one incarnation. Registered durably before its first record.
struct SourceInfo {
    SourceId id;
    std::string stream;
    ShardId shard;
    std::uint32_t incarnation = 0;
    friend bool operator==(const SourceInfo&, const SourceInfo&) = default;
};

/// Records as they are stored: one JSON line each, in offset order.
struct RecordBlock {
    Buffer values;                      ///< the lines, each ends with '\n'
    std::vector<std::uint32_t> ends;    ///< end of each line in `values`, its '\n' included
    std::vector<Rejection> rejections;  ///< sorted by index; these records are quarantined
    Buffer event_ids;                   ///< back to back; empty if no record carries one
    std::vector<std::uint32_t> event_id_ends;

    std::uint32_t count() const { return static_cast<std::uint32_t>(ends.size()); }
    /// Without the line end.
    std::string_view value(std::size_t i) const;
    std::string_view event_id(std::size_t i) const;
};

enum class BatchKind : std::uint8_t {
    data,     ///< records of a dataset under a contract
    control,  ///< the system's own facts (stream "system"): values are JSON objects with a "type"
};

/// Consecutive records of one source. Appended by ingest (base, arrived and lsn are assigned then), read by
/// delivery.
struct LogBatch {
    BatchKind kind = BatchKind::data;
    SourceId source;
    Offset base;
    Timestamp arrived;         ///< of every record of the batch; never decreasing within a source
    Lsn lsn;                   ///< of the group that holds it (embedded engine; 0 elsewhere)
    std::uint32_t number = 0;  ///< batches before it in its group; those of one append follow each other
    std::string contract;      ///< Contract::id() the verdicts were given under; empty for control batches
    std::shared_ptr<const RecordBlock> records;
    /// The same records decoded, one row each, if they are still in memory; empty otherwise.
    RowSlice rows;

    std::uint32_t count() const { return records->count(); }
    Offset end() const { return Offset{base.value + records->count()}; }
};

struct Appended {
    /// One entry a batch, in the order given: source and the offset after its last record.
    Position position;
    std::vector<Offset> bases;  ///< first offset of each batch
    Timestamp arrived;
};

using AppendDone = std::function<void(Result<Appended>)>;

/// Records that cannot be read any more. Never an error: reading goes on behind it.
struct Gap {
    enum class Kind : std::uint8_t {
        damage,     ///< stored bytes are not what was written
        retention,  ///< older than what is kept (earliest)
    };
    SourceId source;
    Offset from;
    Offset to;  ///< exclusive; equal to from if unknown
    std::string reason;
    Kind kind = Kind::damage;
};

struct LogRead {
    std::vector<LogBatch> batches;  ///< empty: the end was reached
    std::vector<Gap> gaps;
    /// Token to resume right behind `batches`; at most 256 bytes.
    std::string cursor;
    bool at_end = false;  ///< nothing durable is left behind `batches` right now
    /// No append lies on both sides of `cursor`. False where that is not known.
    bool whole = true;
};

/// A cursor over the whole log in its own order, through memory, journal and sealed objects.
class LogReader {
public:
    virtual ~LogReader() = default;
    /// Whole batches, at least one if there is any, up to about `max_bytes` of values. Does not block at the
    /// end.
    virtual Result<LogRead> read(std::size_t max_bytes) = 0;
};

enum class ReadFrom : std::uint8_t {
    nearest,  ///< memory where it holds the records, storage elsewhere
    storage,  ///< only what lies on storage: for checks that must not believe memory
};

struct LogCapabilities {
    bool atomic_request = true;  ///< batches of one append are all or nothing
    bool dense_seq = true;       ///< offsets have no holes
    std::size_t max_request_bytes = 0;
};

class EventLog {
public:
    virtual ~EventLog() = default;

    virtual LogCapabilities capabilities() const = 0;

    /// The shards of a stream, registered durably on the first call; later calls return the same sources
    /// (invalid_argument if `shards` differs from what is registered).
    virtual Result<std::vector<SourceInfo>> register_stream(std::string_view stream,
                                                            std::uint32_t shards) = 0;
    virtual std::vector<SourceInfo> sources() const = 0;

    /// Encodes on the calling thread, then queues. `done` runs once: on the log's commit thread, or, for a
    /// request that is refused before it is queued, on the caller's before append returns. It must be quick
    /// and must not append.
    virtual void append(std::vector<LogBatch> batches, AppendDone done) = 0;

    /// Everything below is durable and readable. One entry a source.
    virtual Position durable_end() const = 0;
    /// Earliest record still readable, one entry a source.
    virtual Position earliest() const = 0;
    /// Token of a reader that has read everything that is durable now.
    virtual std::string durable_cursor() const = 0;

    /// From the beginning if `cursor` is empty. corruption if the cursor points beyond the durable end.
    virtual Result<std::unique_ptr<LogReader>> open_reader(std::string_view cursor,
                                                           ReadFrom from = ReadFrom::nearest) = 0;
    /// A reader for looking something up: of `source` it gives every batch that holds records from `from` on,
    /// none before; batches of other sources come as they lie. A place before earliest begins with a Gap of
    /// kind retention, one at or beyond the durable end is at its end.
    virtual Result<std::unique_ptr<LogReader>> open_reader_at(SourceId source, Offset from) = 0;
    /// Stored bytes that lie behind `cursor`, about (within one group); 0 at the end.
    virtual std::uint64_t bytes_behind(std::string_view cursor) const = 0;
    /// Waits until something behind `cursor` is durable, `timeout` has passed or the log closes. On a log
    /// that is closed already it may answer early.
    /// True if there is something to read.
    virtual bool wait_for_more(std::string_view cursor, std::chrono::milliseconds timeout) = 0;
};

}  // namespace tillstream
