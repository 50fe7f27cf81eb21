// chunk_reader.h - reads the log for one sink, in pieces ready to be committed.
//
// Rule:     all or nothing: a chunk's batches carry their decoded rows, or the read failed and is repeated
//           from the same place.
// Threads:  one at a time.
#pragma once

#include <memory>
#include <vector>

#include "delivery/internal/log_place.h"
#include "delivery/row_loader.h"
#include "ports/event_log.h"
#include "ports/sink.h"

namespace tillstream {

struct Chunk {
    std::vector<LogBatch> batches;  ///< what the sink wants, rows included
    std::vector<Gap> gaps;
    LogPlace end;         ///< behind all that was read, wanted or not
    bool at_end = false;  ///< nothing was read: this is the end of the log
};

class ChunkReader {
public:
    ChunkReader(EventLog& log, const ContractStore& contracts, const Sink& sink, std::size_t chunk_bytes)
        : log_(log), loader_(contracts), sink_(sink), chunk_bytes_(chunk_bytes) {}

    /// The next read goes on from here.
    void move_to(LogPlace place) {
        place_ = std::move(place);
        reader_.reset();
    }
    const LogPlace& place() const { return place_; }
    Result<Chunk> read();

private:
    Result<Chunk> read_from_reader();

    EventLog& log_;
    RowLoader loader_;
    const Sink& sink_;
    const std::size_t chunk_bytes_;
    LogPlace place_;
    std::unique_ptr<LogReader> reader_;
};

}  // namespace tillstream
