// published.h - what readers may see of the log: its durable end, the newest batches in memory, the segments.
//
// Writer:   the commit thread, after a flush returned; nothing here is ever taken back.
// Segments: the oldest leave when they are sealed. A reader pins what it sees for the time of one read;
//           between two reads it holds nothing, and finds the groups that left in the sealed log.
// Threads:  any. Waiting readers are woken once per group.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
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
    std::uint64_t file_bytes = 0;
    bool newest = false;
    bool readable = true;
    std::string reason;  ///< why not
    std::uint64_t stored_before = 0;
    /// Where the sources stood at its start; nothing for segments of an earlier run.
    std::optional<std::vector<SourceEnd>> starts;
};

/// What a batch adds to the volume that waits to be sealed: its lines and what an object's index holds of it.
/// Verdicts can be many times the size of the lines. Walks the rejections.
std::uint64_t volume_of(const LogBatch& batch);

/// Volumes (volume_of) of unsealed records that call for sealing.
struct SealLimits {
    std::uint64_t source_bytes = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t total_bytes = std::numeric_limits<std::uint64_t>::max();
};

/// What waits to be sealed.
struct Unsealed {
    std::uint64_t bytes = 0;          ///< volume of records, about
    bool full = false;                ///< a limit is reached
    std::optional<Timestamp> oldest;  ///< arrival of the first record, or earlier; nothing: none waits
    Lsn last;                         ///< the last group that may hold records
};

class Published {
public:
    /// `sealed`: the first group that is not sealed.
    Published(const Recovered& recovered, std::size_t tail_bytes, Lsn sealed = Lsn{0},
              SealLimits limits = {});

    // The commit thread's side.
    void add_segment(const SegmentHeader& header, const std::string& path);
    /// `ends`: of the sources this group moved. Returns what left the memory, for the caller to free.
    std::vector<TailGroupPtr> publish(TailGroupPtr group, std::uint64_t segment_end,
                                      const std::vector<SourceEnd>& ends);
    void close();

    // The sealer's side.
    Unsealed unsealed() const;
    /// Waits until the volume reaches a limit, a first record waits, `timeout` has passed or somebody wakes
    /// it.
    void wait_to_seal(std::chrono::milliseconds timeout);
    void wake_sealer();
    /// Everything before `next` is sealed, of these volumes. `oldest`: arrival of the first record behind it,
    /// if that is known.
    void sealed_to(Lsn next, const std::vector<std::pair<SourceId, std::uint64_t>>& volumes,
                   std::optional<Timestamp> oldest);
    /// Bytes of the sealed segments that readers still see.
    std::uint64_t sealed_segment_bytes(Lsn sealed) const;
    /// First groups of the oldest segment that readers see, and of the newest.
    std::pair<Lsn, Lsn> segment_range() const;
    struct Retired {
        ReadableSegment segment;
        std::uint64_t generation = 0;
    };
    /// Hides the oldest segment from readers if all its groups are before `sealed`. Its file must stay as it
    /// is until unread().
    std::optional<Retired> retire_oldest(Lsn sealed);
    /// Whether no read that began before the segment was hidden is still going on.
    bool unread(const Retired& retired) const;

    // The readers' side.
    /// While it lives, the files of segments that were visible when it was taken are not touched.
    class Pin {
    public:
        explicit Pin(const Published& published);
        ~Pin();
        Pin(const Pin&) = delete;

    private:
        const Published& published_;
        std::uint64_t generation_;
    };
    /// Whether group `next` is the journal's to give: it lies in a segment that is there, or nowhere else.
    bool holds(Lsn next) const;
    /// The first group of the oldest segment that was begun before `source` came to `from`.
    Lsn group_before(SourceId source, Offset from, Lsn at_least) const;
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
    /// Where segment `id` ends now; nothing if it is no longer there.
    std::optional<ReadableSegment> segment(std::uint64_t id) const;
    std::uint64_t bytes_behind(const Cursor& cursor) const;
    bool anything_behind(const Cursor& cursor) const;
    /// The close ends a wait; a wait begun after it is a short one.
    bool wait_behind(const Cursor& cursor, std::chrono::milliseconds timeout) const;

private:
    std::uint64_t stored_before(const Cursor& cursor) const;
    void evict(std::vector<TailGroupPtr>& dropped);
    bool count_unsealed(const TailGroup& group);
    bool over_limit() const;

    const std::size_t tail_limit_;
    const SealLimits seal_limits_;
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

    mutable std::condition_variable to_seal_;
    bool seal_wanted_ = false;
    bool full_ = false;  ///< a source's limit was reached
    Lsn sealed_;
    std::uint64_t unsealed_total_ = 0;
    std::vector<std::uint64_t> unsealed_;  ///< volume, of source id - 1
    std::optional<Timestamp> oldest_unsealed_;
    std::uint64_t generation_ = 1;                ///< grows with every segment that is hidden
    mutable std::multiset<std::uint64_t> reads_;  ///< the generation each read began in
};

/// Segments of earlier runs that readers do not see: what they held is in the sealed log.
std::vector<Published::Retired> hidden_segments(const Recovered& recovered, Lsn sealed);

}  // namespace tillstream::journal
