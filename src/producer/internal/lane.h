// lane.h - one connection with its thread and its short queue of batches.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "producer/dispatcher.h"

namespace tillstream::internal {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Batch {
    std::string body;
    std::string content_type;
    std::uint64_t records = 0;
    SteadyTime handed_over;       ///< to the queue
    SteadyTime oldest;            ///< when its first record was added
    std::vector<SteadyTime> due;  ///< of each record, if there is a rate

    void clear() {
        body.clear();
        records = 0;
        due.clear();
    }
};

/// What all lanes of a run share.
class RunState {
public:
    explicit RunState(SendObserver& observer) : observer_(observer) {}

    std::atomic<std::uint64_t> accepted{0}, quarantined{0}, duplicates{0}, failed{0};
    std::atomic<bool> answered{false};

    bool given_up() const { return given_up_.load(std::memory_order_relaxed); }
    /// Wakes all who pause.
    void give_up(bool unreachable);
    bool unreachable() const { return unreachable_.load(); }
    /// False if the run was given up meanwhile.
    bool pause(std::chrono::milliseconds time);

    /// Told once for each text.
    void notice(const std::string& text);
    void progress(const SendProgress& now);

private:
    SendObserver& observer_;
    std::mutex mutex_;
    std::condition_variable woken_;
    std::mutex observer_mutex_;
    std::set<std::string> noticed_;
    std::atomic<bool> given_up_{false}, unreachable_{false};
};

class Lane {
public:
    Lane(const DispatchOptions& options, const PosterFactory& connect, RunState& run);
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    /// Takes the batch and leaves an empty one with its memory; waits while the queue is full.
    void push(Batch& batch);
    /// No more batches come; the thread ends when the queue is empty.
    void close();
    /// False if it has not ended in time.
    bool wait_ended(std::chrono::milliseconds time);
    /// Once ended.
    const LatencyHistogram& latency() const { return latency_; }

private:
    static constexpr std::size_t kWaitingMax = 2;

    void work();
    bool take(Batch& batch);
    void deliver(RecordPoster& poster, const Batch& batch);
    /// False if the batch is to be posted again.
    bool settle(const Batch& batch, const Result<PostAnswer>& answer, int attempt, SteadyTime first_try);
    void count(const Batch& batch, const PostAnswer& answer);
    void fail(const Batch& batch, const std::string& why);
    bool settle_unsent(const Batch& batch, const Error& error, int attempt, SteadyTime first_try);

    const DispatchOptions& options_;
    const PosterFactory& connect_;
    RunState& run_;
    LatencyHistogram latency_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Batch> waiting_;
    std::vector<Batch> spare_;
    bool closed_ = false;
    bool ended_ = false;
    std::thread thread_;
};

}  // namespace tillstream::internal
