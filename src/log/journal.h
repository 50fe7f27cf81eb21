// journal.h - the embedded EventLog: one journal for all streams and shards.
//
// Place:       everything that changes data passes through here; bytes are laid out as in
//              docs/formats/journal.md.
// Lifecycle:   open (recovers after any kind of stop) -> append and read -> close. One Journal per folder.
// Threads:     encoding and checksums on the appending thread; one commit thread assigns offsets, writes,
//              flushes, publishes and runs the callbacks; one background thread prepares segments. No linger:
//              the next flush starts as soon as the last one ended, with all that was queued meanwhile.
// Durability:  `done` with a value = written and flushed. A failed write or flush of the tail gives every
//              waiter outcome_unknown and calls `fatal`; nothing is ever written after it.
// Sealing:     with an object store, a thread of the lowest priority turns what the journal holds into
//              immutable objects (docs/formats/cuts.md) and recycles the segments behind them: at the hour,
//              by volume, on request and at close. A store that fails is tried again and never stops
//              appends; the journal grows to its budget meanwhile. Without a store segments are kept for
//              ever.
// Retention:   none by default; JournalOptions::retain and retain_bytes remove whole sealed objects of data
//              streams, oldest first. Readers get a Gap of kind retention for them.
// Ownership:   borrows Filesystem, Clock, Metrics and ObjectStore; they must outlive it.
// Limits:      JournalOptions; a full queue answers unavailable, a used-up budget or full disk
//              resource_exhausted. Reading goes on in both cases and writing resumes by itself when there is
//              room again.
// Errors:      of append also invalid_argument (unknown source, empty batch, request over max_request_bytes:
//              nothing of it is queued).
// Damage:      stored bytes that are not what was written become a Gap for readers; they never stop new
//              writes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/env.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/result.h"
#include "ports/event_log.h"
#include "ports/object_store.h"

namespace tillstream {

struct JournalOptions {
    std::uint64_t segment_bytes = std::uint64_t{64} << 20;  ///< of one file; a multiple of 4096
    std::uint64_t budget_bytes = std::uint64_t{16} << 30;   ///< of all files, spares included
    std::size_t queue_bytes = std::size_t{64} << 20;        ///< encoded, waiting for their flush
    std::size_t tail_bytes = std::size_t{128} << 20;        ///< newest batches kept in memory for readers
    std::size_t group_bytes = std::size_t{4} << 20;  ///< one flush takes more than this only for one request
    /// Encoded. open lowers it to queue_bytes and to three quarters of segment_bytes; the capabilities tell
    /// what holds.
    std::size_t max_request_bytes = std::size_t{48} << 20;
    unsigned segments_ahead = 2;              ///< files kept prepared
    std::chrono::milliseconds idle_seal{50};  ///< silence after which the tail is marked as whole

    ObjectStore* objects = nullptr;  ///< where sealed objects lie; nothing: the journal is never sealed
    std::uint64_t seal_bytes = std::uint64_t{64} << 20;  ///< unsealed, of one source, verdicts too
    std::uint64_t seal_total_bytes = std::uint64_t{256}
                                     << 20;  ///< of all; open lowers it to a quarter budget
    /// Sealed segments kept, so that readers that lag a little need no object; open lowers it to half the
    /// budget. A journal short of room keeps fewer.
    std::uint64_t keep_bytes = std::uint64_t{1} << 30;
    std::chrono::milliseconds seal_check{1000};  ///< how often the clock is looked at while records wait
    std::chrono::seconds retain{0};              ///< age at which sealed data goes; 0: never
    std::uint64_t retain_bytes = 0;              ///< of one stream's sealed objects; 0: any
    /// Where everybody who reads the log has come to: retention goes no further, and not into a source that
    /// is not named. Unset: no bound. Called on the sealer's thread, perhaps before open has returned.
    std::function<Position()> needed;

    /// Called once, on the commit thread, after a failed write or flush, when every waiter's `done` has run;
    /// must end the process (tests do not). It may take its time, for instance until those answers are sent:
    /// the commit thread does nothing afterwards, new appends are refused and reading goes on.
    std::function<void(const Error&)> fatal;
};

class Journal final : public EventLog {
public:
    /// Creates the folder's journal or recovers it. corruption: the registry is lost, or a file belongs to
    /// another log.
    static Result<std::unique_ptr<Journal>> open(Filesystem& fs, Clock& clock, const std::string& dir,
                                                 JournalOptions options, Logger logger, Metrics& metrics);
    /// Closes, if nobody did.
    ~Journal() override;

    LogCapabilities capabilities() const override;
    Result<std::vector<SourceInfo>> register_stream(std::string_view stream, std::uint32_t shards) override;
    std::vector<SourceInfo> sources() const override;
    void append(std::vector<LogBatch> batches, AppendDone done) override;
    Position durable_end() const override;
    Position earliest() const override;
    std::string durable_cursor() const override;
    /// The reader must not outlive the journal.
    Result<std::unique_ptr<LogReader>> open_reader(std::string_view cursor,
                                                   ReadFrom from = ReadFrom::nearest) override;
    /// Exact where memory holds the records; elsewhere groups count as equally large within their segment.
    std::uint64_t bytes_behind(std::string_view cursor) const override;
    bool wait_for_more(std::string_view cursor, std::chrono::milliseconds timeout) override;

    Result<std::unique_ptr<LogReader>> open_reader_at(SourceId source, Offset from) override;

    /// Waits until everything that is durable at the call is sealed, of every stream. not_found: no such
    /// stream (an empty name asks for none); unsupported: no object store; timeout, or unavailable with the
    /// store's error: it is not, and goes on being tried.
    Status seal(std::string_view stream, std::chrono::milliseconds timeout);

    /// Larger than that of every earlier run on this folder.
    Epoch epoch() const;
    /// Refuses new appends, writes what is queued, marks the end as clean, seals it. Repeatable.
    void close();

private:
    struct Parts;
    explicit Journal(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace tillstream
