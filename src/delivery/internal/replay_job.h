// replay_job.h - carries out a replay in steps, on the strand of its sink.
//
// Threads:  request and status by any; everything else by the strand.
// Memory:   one piece of the log at a time.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "core/result.h"
#include "delivery/internal/sink_committer.h"
#include "delivery/replay.h"
#include "delivery/row_loader.h"
#include "ports/event_log.h"
#include "ports/sink.h"

namespace tillstream {

class ReplayJob {
public:
    ReplayJob(EventLog& log, const ContractStore& contracts, Sink& sink, std::size_t piece_bytes)
        : log_(log), loader_(contracts), sink_(sink), piece_bytes_(piece_bytes) {}

    /// conflict while one is waiting or running.
    Status request(const ReplayRange& range);
    ReplayStatus status() const;
    /// Whether the store is being rebuilt from nothing.
    bool rebuilding() const;
    bool active() const;

    /// Takes up what was requested. True: the sink was reset, and its position must be read anew.
    Result<bool> begin(const LogPlace& stored);
    /// Stores the next piece of the range again. Errors leave the piece to be tried once more.
    Status step(SinkCommitter& committer);
    /// Of a rebuild: how far normal delivery has come, and whether that is the log's end.
    void follow(const LogPlace& stored, bool at_end);
    void failed(const Error& error, bool for_good);

private:
    Result<std::vector<LogBatch>> next_piece();
    bool in_range(const LogBatch& batch) const;
    void take(LogBatch batch, std::vector<LogBatch>& piece);
    void finish();

    EventLog& log_;
    RowLoader loader_;
    Sink& sink_;
    const std::size_t piece_bytes_;

    // Of the strand.
    LogPlace target_;
    LogPlace seen_;
    std::unique_ptr<LogReader> reader_;
    std::vector<LogBatch> piece_;
    bool read_to_end_ = false;

    mutable std::mutex mutex_;
    ReplayRange range_;
    ReplayStatus status_;
};

}  // namespace tillstream
