// sink_committer.h - brings chunks into a sink's store: as they are, without what the store refuses, or
// record by record.
//
// Rule:     positions come from the store (open), never from memory; a stored offset never moves backwards.
// Errors:   conflict: open again. corruption: the store does not belong to this log, nothing may be written
//           to it.
//           Everything else: try again later.
// Threads:  one at a time.
#pragma once

#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "core/log.h"
#include "delivery/bad_records.h"
#include "delivery/internal/chunk_reader.h"
#include "delivery/internal/log_place.h"
#include "delivery/sink_memory.h"
#include "ports/event_log.h"
#include "ports/sink.h"

namespace tillstream {

class SinkCommitter {
public:
    SinkCommitter(Sink& sink, EventLog& log, Epoch epoch, SourceId system_source, const SickLimits& sick,
                  Logger logger)
        : sink_(sink),
          log_(log),
          epoch_(epoch),
          system_source_(system_source),
          sick_(sick),
          logger_(std::move(logger)) {}

    /// Reads where the store stands.
    Status open();
    const LogPlace& stored() const { return stored_; }

    /// Rows and place in one commit. Records the store refuses as data are put on record and left out.
    Status commit(const Chunk& chunk);
    /// Only the place: nothing up to it is for this sink.
    Status commit_place(const LogPlace& place) { return write({}, place); }
    /// In pieces, each under a durable mark. cancelled as soon as `stop` says so. `care` becomes what is left
    /// of it, after a failure too.
    Status commit_in_pieces(const Chunk& chunk, SinkMemory& memory, SinkMemory::Care& care,
                            const std::function<bool()>& stop);

    /// Rows of what is behind the stored place, once more: in the place of what the store holds of them.
    Status replace(const std::vector<LogBatch>& batches);

private:
    Status check_position(const SinkPosition& position, const Position& end) const;
    Status write(const std::vector<LogBatch>& batches, const LogPlace& to);
    Status isolate(const Chunk& chunk);
    std::vector<LogBatch> next_piece(const Chunk& chunk, std::size_t& batch, std::uint32_t records) const;
    Status commit_piece(const std::vector<LogBatch>& piece, bool refuse);
    Status put_on_record(const std::vector<LogBatch>& batches, const std::vector<BadRecord>& bad);

    Sink& sink_;
    EventLog& log_;
    const Epoch epoch_;
    const SourceId system_source_;
    const SickLimits sick_;
    Logger logger_;
    LogPlace stored_;
    /// Refused records of the current chunk that are in the log already: a repeated try must not write them
    /// again.
    std::set<std::pair<SourceId, Offset>> on_record_;
};

}  // namespace tillstream
