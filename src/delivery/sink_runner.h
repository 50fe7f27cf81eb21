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
#include <map>
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
#include "delivery/progress.h"
#include "delivery/row_loader.h"
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

    std::string_view name() const { return sink_.name(); }
    const SinkPolicy& policy() const { return policy_; }
    SinkStatus status() const;
    const Progress& progress() const { return progress_; }

private:
    using Reached = std::map<SourceId, Offset>;

    void run();
    bool open();
    void step();
    Status read_chunk();
    void take(LogRead read);
    void commit_pending();
    Status commit_skipped();
    bool skipped_is_due() const;
    Status commit_to_store(const std::vector<LogBatch>& batches, const Reached& to,
                           const std::string& cursor);
    Status commit_one_by_one();
    Status isolate();
    Status append_rejects(const std::vector<BadRecord>& bad);
    void chunk_done();
    void retry_later(const Error& error);
    void set_state(SinkState state, std::string error);
    void sleep(std::chrono::milliseconds time);

    Sink& sink_;
    const SinkPolicy policy_;
    SinkSurroundings around_;
    SinkMemory memory_;
    RowLoader loader_;
    Progress progress_;
    Counter& committed_records_;
    Counter& commit_failures_;
    Histogram& commit_seconds_;

    // Of the strand only.
    std::unique_ptr<LogReader> reader_;
    Reached stored_;  ///< as the sink's store has it
    std::string stored_cursor_;
    Reached reached_;  ///< stored, or read and found to hold nothing this sink stores
    std::string reached_cursor_;
    std::chrono::nanoseconds stored_at_{0};  ///< of the last commit
    std::vector<LogBatch> pending_;
    Reached pending_end_;
    std::string pending_cursor_;
    SinkMemory::Mode mode_ = SinkMemory::Mode::batches;
    std::chrono::milliseconds retry_{0};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    bool paused_ = false;
    SinkState state_ = SinkState::running;
    std::string error_;
    std::string visible_cursor_;
    std::optional<Timestamp> oldest_waiting_;
    std::thread thread_;
};

}  // namespace tillstream
