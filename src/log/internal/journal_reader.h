// journal_reader.h - the log in its own order: newest batches from memory, older ones from the segments.
//
// Gaps:     a record missing between two batches of a source, or between a batch and a checkpoint, was lost
//           to damage.
// Pins:     its user holds a Published::Pin during read; between two reads the segment it stands in may go.
// Threads:  one at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/env.h"
#include "log/internal/cursor.h"
#include "log/internal/published.h"
#include "log/internal/segment_reader.h"
#include "ports/event_log.h"

namespace tillstream::journal {

/// The record batches of a stored group, without rows; a batch that cannot be decoded is reported as a gap.
void decode_group(const Group& group, std::vector<LogBatch>& batches, std::vector<Gap>& gaps);

class JournalReader final : public LogReader {
public:
    JournalReader(Filesystem& fs, const Published& published, const LogUuid& uuid, Cursor start,
                  ReadFrom from)
        : fs_(fs), published_(published), uuid_(uuid), from_(from), cursor_(start) {}

    Result<LogRead> read(std::size_t max_bytes) override;
    const Cursor& place() const { return cursor_; }
    /// The last read ended because the group at place() left the journal: it is to be read from sealed
    /// objects.
    bool recycled() const { return recycled_; }

private:
    Result<bool> load_group(LogRead& out);
    bool load_from_memory();
    Result<bool> load_from_segments(LogRead& out);
    bool leave();
    Status enter_segments();
    Status open_segment(const ReadableSegment& segment);
    Status take_step(SegmentReader::Step step, LogRead& out);
    void note_missing(const SourceEnds::Missing& missing, LogRead& out);
    void reach_end(const Published::End& end, LogRead& out);

    Filesystem& fs_;
    const Published& published_;
    const LogUuid uuid_;
    const ReadFrom from_;
    Cursor cursor_;

    TailGroupPtr in_memory_;         ///< the group `cursor_` is in, if it came from memory
    std::vector<LogBatch> decoded_;  ///< the same, if it came from a segment
    Lsn loaded_;                     ///< its number; 0: none
    std::unique_ptr<SegmentReader> segment_;
    std::uint64_t segment_id_ = 0;
    bool entered_ = false;   ///< reads segments (segment_ may be empty between two)
    bool entering_ = false;  ///< no group was read since
    bool recycled_ = false;
    bool strayed_ = false;  ///< memory served groups since a segment was read
    SourceEnds ends_;
    std::string reason_;  ///< of damage whose extent is not known yet
};

}  // namespace tillstream::journal
