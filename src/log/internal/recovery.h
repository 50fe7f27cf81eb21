// recovery.h - what a folder of segments says after a stop of any kind. Changes nothing.
//
// Rule:    all groups of a segment but the newest are known by number: the next segment names the last one.
//          In the newest, an invalid group with nothing valid behind it is a torn tail (never acknowledged)
//          and is cut; with something valid behind it, or unreadable, it is damage. Where damage may hide
//          records of a source, its next offset jumps ahead by as many records as fit there: an offset is
//          never given twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/env.h"
#include "core/result.h"
#include "log/internal/batch_codec.h"
#include "log/internal/format.h"
#include "log/internal/segment_reader.h"

namespace tillstream::journal {

struct StoredSegment {
    std::uint64_t id = 0;
    std::string path;
    std::uint64_t bytes = 0;
    std::optional<SegmentHeader> header;  ///< nothing: damaged
    std::string reason;                   ///< why there is no header
};

/// Newest record of each source, grown as sources appear.
class SourceEnds {
public:
    /// Whether anything before `base` is missing.
    struct Missing {
        SourceId source;
        Offset from, to;
    };
    void note_damage(std::uint64_t bytes) { damaged_ += bytes; }
    /// Sets what a checkpoint says; returns what it reveals as missing.
    std::vector<Missing> apply_checkpoint(const std::vector<SourceEnd>& ends);
    std::optional<Missing> apply_batch(const StoredBatch& batch);
    /// Jumps over what damage may hide, for the sources 1..`sources`.
    void settle(std::uint32_t sources);

    std::vector<SourceEnd> ends() const;
    /// Of ends().
    std::size_t size() const { return entries_.size(); }
    Offset next(SourceId source) const;
    Timestamp arrived(SourceId source) const;
    void set(SourceId source, Offset next, Timestamp arrived);

private:
    struct Entry {
        Offset next;
        Timestamp arrived;
        std::uint64_t confirmed = 0;  ///< damaged_ when `next` was last certain
    };
    Entry& entry(SourceId source);
    std::optional<Missing> advance(SourceId source, Offset at);

    std::vector<Entry> entries_;  ///< of source id - 1
    std::uint64_t damaged_ = 0;
};

struct Recovered {
    std::vector<StoredSegment> segments;
    SourceEnds ends;
    std::vector<SourceEnd> earliest;
    Lsn last_lsn;
    std::uint32_t last_crc = 0;
    Epoch epoch;                       ///< the largest seen
    bool clean = false;                ///< the last group is a clean stop's (or there is none)
    std::uint64_t cut = 0;             ///< where the newest segment's valid groups end; 0: leave it alone
    std::vector<std::string> damages;  ///< one line each, for the log
};

/// Segments by name, in order, with their headers.
Result<std::vector<StoredSegment>> list_segments(Filesystem& fs, const std::string& dir);

/// What the sealed log knows when every segment is lost.
struct SealedEnds {
    Lsn last;  ///< the last sealed group; 0: none
    std::vector<SourceEnd> sources;
};

/// corruption if a file belongs to another log; unsupported if a newer program wrote one.
Result<Recovered> recover(Filesystem& fs, const std::string& dir, const LogUuid& uuid, std::uint32_t sources,
                          const SealedEnds& sealed = {});

}  // namespace tillstream::journal
