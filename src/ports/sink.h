// sink.h - the port to a store that keeps rows together with the position reached.
//
// Rule:     commit is one atomic compare-and-set of the engine: it succeeds only if the stored next offset of
//           every source equals `from` and the stored epoch is not larger; else conflict, and the caller
//           re-reads positions.
// Errors:   of commit: conflict (stale), invalid_argument (the data itself is refused: delivery bisects),
//           everything else is retried with back-off and never touches other sinks.
// Threads:  one caller at a time per sink (its delivery strand).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "ports/event_log.h"
#include "ports/position.h"

namespace tillstream {

/// Progress of one source made by a commit.
struct SourceRange {
    SourceId source;
    Offset from;
    Offset to;           ///< exclusive
    std::string cursor;  ///< where the log resumes behind this commit
};

struct SinkBatch {
    std::vector<LogBatch> batches;  ///< data batches carry rows (RowSlice); in log order
    std::vector<SourceRange> ranges;
};

class Sink {
public:
    virtual ~Sink() = default;

    virtual std::string_view name() const = 0;
    /// Whether the batch holds anything this sink stores; others are left out, but covered by `ranges`.
    virtual bool wants(const LogBatch& batch) const = 0;
    /// Positions as its store holds them; empty in an empty store.
    virtual Result<std::vector<SinkPosition>> positions() = 0;
    virtual Status commit(const SinkBatch& batch, Epoch epoch) = 0;
    /// What commit would do with these rows, rolled back: no trace, no position checked. Finds bad records.
    virtual Status rehearse(const SinkBatch& batch) = 0;
    /// A rehearsal of known-good data: tells a sick sink from bad data.
    virtual Status probe() = 0;

    /// Whether replace works. False: what it stores is no function of single records (sums over many), so it
    /// can only be rebuilt whole, from reset on.
    virtual bool can_replace() const { return false; }
    /// Makes the store hold just these rows within `ranges`, whatever it held there; positions stay. Atomic.
    /// Readers never see the ranges half filled.
    virtual Status replace(const SinkBatch&) {
        return failure(Errc::unsupported, std::string(name()) + " can only be rebuilt whole");
    }
    /// Forgets all rows and positions, so that delivery begins anew. Atomic.
    virtual Status reset() {
        return failure(Errc::unsupported, std::string(name()) + " cannot be rebuilt while it runs");
    }
};

}  // namespace tillstream
