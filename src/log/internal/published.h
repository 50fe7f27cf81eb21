// published.h - what readers may see of the log: its durable end, the newest batches in memory, the segments.
//
// Writer:   the commit thread, after a flush returned; nothing here is ever taken back.
// Threads:  any. Waiting readers are woken once per group.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "log/internal/cursor.h"
#include "log/internal/recovery.h"
#include "ports/event_log.h"

namespace tillstream::journal {

struct TailGroup {
    Lsn lsn;
    std::uint64_t stored_before = 0;  ///< bytes of all groups before it
    std::vector<LogBatch> batches;    ///< records only, in order
    std::size_t memory = 0;
};
using TailGroupPtr = std::shared_ptr<const TailGroup>;

/// Bytes that the batches of one request keep alive, about. Walks rows and rejections.
std::size_t memory_of(const std::vector<LogBatch>& batches);

/// A segment as a reader meets it.
struct ReadableSegment {
    std::uint64_t id = 0;
    std::string path;
    Lsn first;
    /// The last group it must hold; kNoLimit if nobody knows (its successor is damaged).
    Lsn last;
    std::uint64_t limit = 0;  ///< bytes that may be read
    bool newest = false;
    bool readable = true;
    std::string reason;  ///< why not
    std::uint64_t stored_before = 0;
};

class Published {
public:
    Published(const Recovered& recovered, std::size_t tail_bytes);

    // The commit thread's side.
    void add_segment(const SegmentHeader& header, const std::string& path);
    /// `ends`: of the sources this group moved. Returns what left the memory, for the caller to free.
    std::vector<TailGroupPtr> publish(TailGroupPtr group, std::uint64_t segment_end,
                                      const std::vector<SourceEnd>& ends);
    void close();

    // The readers' side.
    std::uint64_t stored() const;
    /// The group `lsn` if it is still in memory.
    TailGroupPtr tail_group(Lsn lsn) const;
    struct End {
        Lsn last;
        std::vector<SourceEnd> sources;
    };
    Lsn last() const;
    End end() const;
    Position durable_end(std::uint32_t sources) const;
    /// The segment a reader starts in to get to group `next`, or the first behind segment `id`; nothing if
    /// there is none.
    std::optional<ReadableSegment> segment_for(Lsn next) const;
    std::optional<ReadableSegment> segment_after(std::uint64_t id) const;
    /// Where segment `id` ends now.
    ReadableSegment segment(std::uint64_t id) const;
    std::uint64_t bytes_behind(const Cursor& cursor) const;
    bool anything_behind(const Cursor& cursor) const;
    /// The close ends a wait; a wait begun after it is a short one.
    bool wait_behind(const Cursor& cursor, std::chrono::milliseconds timeout) const;

private:
    std::uint64_t stored_before(const Cursor& cursor) const;
    void evict(std::vector<TailGroupPtr>& dropped);

    const std::size_t tail_limit_;
    mutable std::mutex mutex_;
    mutable std::condition_variable grown_;
    mutable unsigned waiting_ = 0;
    std::vector<ReadableSegment> segments_;
    std::deque<TailGroupPtr> tail_;
    std::size_t tail_memory_ = 0;
    std::uint64_t stored_ = 0;
    SourceEnds ends_;
    Lsn last_;
    Lsn last_records_;  ///< the last group that holds records or may reveal a gap
    bool closed_ = false;
};

}  // namespace tillstream::journal
