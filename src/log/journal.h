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
// Retention:   none yet: segments are kept for ever, so a journal that has used up its budget refuses writes
//              until log.budget_bytes is raised.
// Ownership:   borrows Filesystem, Clock and Metrics; they must outlive it.
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

namespace tillstream {

struct JournalOptions {
    std::uint64_t segment_bytes = std::uint64_t{64} << 20;  ///< of one file; a multiple of 4096
    std::uint64_t budget_bytes = std::uint64_t{16} << 30;   ///< of all files; nothing is recycled yet
    std::size_t queue_bytes = std::size_t{64} << 20;        ///< encoded, waiting for their flush
    std::size_t tail_bytes = std::size_t{128} << 20;        ///< newest batches kept in memory for readers
    std::size_t group_bytes = std::size_t{4} << 20;  ///< one flush takes more than this only for one request
    /// Encoded. open lowers it to queue_bytes and to three quarters of segment_bytes; the capabilities tell
    /// what holds.
    std::size_t max_request_bytes = std::size_t{48} << 20;
    unsigned segments_ahead = 2;              ///< files kept prepared
    std::chrono::milliseconds idle_seal{50};  ///< silence after which the tail is sealed
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
    /// The reader must not outlive the journal.
    Result<std::unique_ptr<LogReader>> open_reader(std::string_view cursor,
                                                   ReadFrom from = ReadFrom::nearest) override;
    /// Exact where memory holds the records; elsewhere groups count as equally large within their segment.
    std::uint64_t bytes_behind(std::string_view cursor) const override;
    bool wait_for_more(std::string_view cursor, std::chrono::milliseconds timeout) override;

    /// Larger than that of every earlier run on this folder.
    Epoch epoch() const;
    /// Refuses new appends, writes what is queued, marks the end as clean. Repeatable.
    void close();

private:
    struct Parts;
    explicit Journal(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace tillstream
