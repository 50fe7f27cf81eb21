// sink_runner.h - drives one sink: reads the log, commits, retries, and takes single bad records out of the
// way.
//
// Lifecycle:  construct -> start -> stop. One thread of its own, at low priority: a slow or sick sink delays
//             nobody.
// Batching:   a cycle commits everything that became durable since the last one, up to `chunk_bytes`; no
//             timers.
// Order:      a sink's positions come from its own store, never from memory, after every start and every
//             conflict.
// Errors:     data refused -> bad records become sink_reject records of the log, the rest goes on; a position
//             beyond the log's end stops the sink; everything else is retried with back-off, for ever,
//             visible in status().
// Threads:    start and stop by one owner; everything else by any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/env.h"
#include "core/log.h"
#include "core/metrics.h"
#include "delivery/bad_records.h"
#include "delivery/internal/chunk_reader.h"
#include "delivery/internal/replay_job.h"
#include "delivery/internal/sink_committer.h"
#include "delivery/progress.h"
#include "delivery/replay.h"
#include "delivery/sink_memory.h"
#include "ports/event_log.h"
#include "ports/sink.h"

namespace tillstream {

enum class SinkState : std::uint8_t { running, paused, retrying, stopped };
std::string_view to_string(SinkState state);

struct SinkPolicy {
    bool required = true;                        ///< its lag may close the intake
    std::uint64_t lag_bytes_max = 4ULL << 30;    ///< at this lag of a required sink ingest answers 503
    std::size_t chunk_bytes = 8 << 20;           ///< stored bytes read per commit, about
    std::chrono::milliseconds retry_first{100};  ///< doubled up to retry_max
    std::chrono::milliseconds retry_max{5000};
    SickLimits sick;
};

struct SinkStatus {
    std::string name;
    SinkState state = SinkState::running;
    std::string error;            ///< of the last failed attempt; empty when all is well
    std::uint64_t lag_bytes = 0;  ///< stored bytes not yet committed, about
    double lag_seconds = 0;       ///< age of the oldest record not yet committed
    std::optional<Timestamp> oldest_waiting;
};

/// What a runner needs around it. All outlive the runner.
struct SinkSurroundings {
    EventLog& log;
    const ContractStore& contracts;
    Filesystem& fs;
    std::string state_dir;
    Clock& clock;
    Epoch epoch;
    SourceId system_source;  ///< where sink_reject records go
    Logger logger;
    Metrics& metrics;
};

class SinkRunner {
public:
    SinkRunner(Sink& sink, SinkPolicy policy, const SinkSurroundings& around);
    ~SinkRunner();

    Status start();
    /// Returns after the commit under way; nothing is lost by stopping at any moment.
    void stop();

    /// Durable before they return; repeatable.
    Status pause();
    Status resume();

    /// Begins when the sink is not paused; conflict while one is under way.
    Status replay(const ReplayRange& range);
    ReplayStatus replay_status() const;
    /// Its lag is wanted: the store is being rebuilt.
    bool rebuilding() const { return replay_.rebuilding(); }

    std::string_view name() const { return sink_.name(); }
    const SinkPolicy& policy() const { return policy_; }
    SinkStatus status() const;
    const Progress& progress() const { return progress_; }

private:
    void run();
    bool open();
    void step();
    void replay_step();
    Status begin_run();
    Result<Chunk> next_chunk();
    Status commit(const Chunk& chunk);
    bool skipped_is_due() const;
    void pass_by(const Chunk& chunk);
    void commit_last_place();
    void recover(const Error& error);
    void succeeded();
    void set_state(SinkState state, std::string error);
    bool stopping() const;
    /// Stopping or paused.
    bool interrupted() const;

    Sink& sink_;
    const SinkPolicy policy_;
    SinkSurroundings around_;
    SinkMemory memory_;
    Progress progress_;
    Counter& committed_records_;
    Counter& commit_failures_;
    Histogram& commit_seconds_;

    // Of the strand only.
    SinkCommitter committer_;
    ChunkReader reader_;
    ReplayJob replay_;
    std::optional<Chunk> pending_;  ///< read, and not yet in the store
    bool open_ = false;
    bool counted_run_ = false;
    bool conflicted_ = false;  ///< the last attempt ended in a conflict
    SinkMemory::Care care_;    ///< of the first chunk of the run
    std::chrono::milliseconds retry_{0};
    std::chrono::nanoseconds stored_at_{0};  ///< of the last commit

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    bool paused_ = false;
    SinkState state_ = SinkState::running;
    std::string error_;
    Timestamp state_since_;
    std::string visible_cursor_;
    std::optional<Timestamp> oldest_waiting_;
    std::thread thread_;
};

}  // namespace tillstream
