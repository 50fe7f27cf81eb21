// committer.h - the commit thread: everything queued becomes one group, one flush, one publication.
//
// Order:    write -> flush -> publish -> callbacks. Offsets and arrival times are given only here.
// Threads:  submit from any; the rest is the thread's own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/env.h"
#include "core/log.h"
#include "core/metrics.h"
#include "log/internal/batch_codec.h"
#include "log/internal/published.h"
#include "log/internal/segment_preparer.h"
#include "log/internal/segment_writer.h"
#include "log/journal.h"

namespace tillstream::journal {

struct AppendRequest {
    std::vector<LogBatch> batches;
    std::vector<EncodedBatch> encoded;
    std::size_t bytes = 0;
    std::size_t memory = 0;  ///< memory_of its batches
    AppendDone done;
};

class Committer {
public:
    struct Start {
        SegmentHeader segment;  ///< uuid, epoch and id of the next segment; the rest is filled in per segment
        Lsn last_lsn;
        std::uint32_t last_crc = 0;
        SourceEnds ends;
    };
    Committer(Filesystem& fs, Clock& clock, std::string dir, const JournalOptions& options, Logger logger,
              Metrics& metrics, SegmentPreparer& preparer, Published& published, Start start);
    ~Committer();
    Committer(const Committer&) = delete;

    /// Begins this run's segment and starts the thread. A full disk is no error: the first append will ask
    /// again.
    Status start();
    /// Queues, or answers unavailable at once.
    void submit(AppendRequest request);
    /// Writes what is queued and the clean mark, ends the thread. Repeatable.
    void close();
    /// Whether a write failed and the process is to end.
    bool failed() const;

private:
    enum class Wake : std::uint8_t { work, idle, closing };
    Wake wait_for_work();
    void run();
    void commit_taken();
    std::size_t fill_group(std::size_t first);
    Status make_room(std::size_t bytes);
    Status roll();
    Status write_mark(std::uint32_t flags);
    void begin_group();
    void add_to_group(const EncodedBatch& batch, Offset base, Timestamp arrived);
    Status flush_group(std::uint32_t flags, TailGroup tail);
    std::uint64_t reserve() const;
    void commit_requests(std::size_t first, std::size_t last);
    void stamp(AppendRequest& request, Lsn lsn, Timestamp arrived, TailGroup& tail, Appended& answer);
    void refuse(std::size_t first, std::size_t last, const Error& error);
    void fail(std::size_t first, const Error& error);

    Clock& clock_;
    const JournalOptions options_;
    Logger logger_;
    SegmentPreparer& preparer_;
    Published& published_;
    SegmentWriter writer_;
    SegmentHeader next_segment_;
    SourceEnds ends_;
    Timestamp last_arrived_;
    std::uint64_t stored_ = 0;

    AlignedBuffer group_;
    std::size_t group_used_ = 0;
    std::uint32_t group_batches_ = 0;
    std::uint32_t heads_crc_ = 0;
    std::vector<SourceEnd> moved_;
    bool unsealed_ = false;
    bool checkpointed_ = false;  ///< the segment holds its opening checkpoint

    std::vector<AppendRequest> taken_;
    std::vector<TailGroupPtr> evicted_;  ///< freed when the callbacks have run: it may take long

    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::vector<AppendRequest> queue_;
    bool sleeping_ = false;
    bool closing_ = false;
    bool failed_ = false;
    std::atomic<std::size_t> queued_bytes_{0};
    std::thread thread_;

    Counter& groups_;
    Counter& records_;
    Counter& stored_bytes_;
    Counter& refused_;
    Histogram& flush_seconds_;
};

}  // namespace tillstream::journal
