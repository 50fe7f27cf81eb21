// quarantine_sink.h - stores what was judged bad as rows of ops.quarantine: the raw record and all its
// errors.
//
// Place:     a consumer of the log: rejected records of data batches, and the `sink_reject` records of
//            stream "system".
// Identity:  `<stream>-<shard>-<offset>`; with `-<sink>` behind it for a record that one sink refused.
// Repeats:   batches repeat only behind a conflict, and a repeated sink_reject record is one row: a crash may
//            write it twice.
// Threads:   one at a time (a delivery strand). Errors: see ports/sink.h.
// Source:    FACES "SQL", ops.quarantine.
#pragma once

#include "ports/sink.h"
#include "ports/source_directory.h"
#include "ports/warehouse.h"

namespace tillstream {

class QuarantineSink final : public Sink {
public:
    QuarantineSink(Warehouse& warehouse, SourceList sources);

    /// Makes the table before its first row, so that it can be queried.
    Status prepare();

    std::string_view name() const override { return "quarantine"; }
    bool wants(const LogBatch& batch) const override;
    Result<std::vector<SinkPosition>> positions() override { return warehouse_.positions(name()); }
    Status commit(const SinkBatch& batch, Epoch epoch) override;
    Status rehearse(const SinkBatch& batch) override;
    Status probe() override;
    /// Refusals of sinks lie elsewhere in the log than the records they are of: rebuilt whole.
    Status reset() override { return warehouse_.clear(name(), {&table_, 1}); }

private:
    class Rows;
    Result<bool> is_stored(std::string_view id);
    Status collect(const SinkBatch& batch, Rows& rows);

    Warehouse& warehouse_;
    SourceDirectory sources_;
    TableSchema table_;
    bool prepared_ = false;
};

}  // namespace tillstream
