// sealer.h - the thread that turns the journal's old groups into sealed objects and recycles their segments.
//
// Order:     build in memory -> record the cut -> put every object -> record that it is done -> recycle. A
//            crash anywhere leaves a cut that is carried out again from the journal, with the same names and
//            bytes.
// When:      a finished hour has unsealed records; a volume is reached; somebody asks; the journal is short
//            of room; at the stop.
// Failures:  of the store or of the cuts' file stop nothing but sealing: tried again with growing pauses.
// Threads:   seal and close from any; the rest is the sealer's own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/env.h"
#include "core/log.h"
#include "core/metrics.h"
#include "log/internal/pass_builder.h"
#include "log/internal/pass_reader.h"
#include "log/internal/published.h"
#include "log/internal/sealed_log.h"
#include "log/internal/segment_preparer.h"
#include "log/journal.h"

namespace tillstream::journal {

class Sealer {
public:
    /// `left`: segments of earlier runs that readers do not see any more.
    Sealer(Filesystem& fs, Clock& clock, const JournalOptions& options, Logger logger, Metrics& metrics,
           Published& published, SegmentPreparer& preparer, SealedLog& log, const SealedStore& store,
           std::vector<Published::Retired> left);
    ~Sealer();
    Sealer(const Sealer&) = delete;

    void start();
    /// Waits until all that is durable now is sealed.
    Status seal(std::chrono::milliseconds timeout);
    /// Ends the thread; `finish`: once everything is sealed, or the first try failed. Repeatable.
    void close(bool finish);

private:
    void run();
    std::chrono::milliseconds pause() const;
    void attempt();
    Status work();
    Result<bool> seal_once();
    std::optional<PassLimits> due();
    Result<BuiltPass> build(Lsn from, std::vector<CutObject> kept, PassLimits limits) const;
    Status take_up(const Pass& pass);
    Status put_pass();
    Status put(const CutObject& object, const std::string& bytes);
    Status put_again(const CutObject& object);
    Result<bool> is_whole(const CutObject& object) const;
    void sealed(const BuiltPass& built, Lsn scanned);
    void recycle();
    void reclaim();
    Status apply_retention();
    void leave_segments(const std::vector<CutObject>& victims);
    void failed(const Error& error);

    Filesystem& fs_;
    Clock& clock_;
    const JournalOptions options_;
    Logger logger_;
    Published& published_;
    SegmentPreparer& preparer_;
    SealedLog& log_;
    const SealedStore& store_;
    std::optional<BuiltPass> built_;         ///< recorded, not yet done
    std::deque<Published::Retired> hidden_;  ///< perhaps still read
    std::deque<Published::Retired> pinned_;  ///< kept for what could not be sealed from them
    std::chrono::steady_clock::time_point retry_at_{};
    std::chrono::milliseconds retry_pause_{0};
    Timestamp next_retention_;

    mutable std::mutex mutex_;
    std::condition_variable progress_;
    Lsn scanned_;    ///< every record before it is sealed
    Lsn requested_;  ///< somebody waits for the groups up to here
    std::optional<Error> error_;
    bool closing_ = false;
    bool finish_ = false;
    std::thread thread_;

    Gauge& unsealed_bytes_;
    Gauge& failing_;
    Counter& passes_;
    Counter& objects_;
    Counter& object_bytes_;
    Counter& errors_;
    Counter& recycled_;
    Counter& removed_;
};

}  // namespace tillstream::journal
