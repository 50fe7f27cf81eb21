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
#include "producer/random.h"

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

    std::atomic<std::uint64_t> accepted{0}, quarantined{0}, duplicates{0}, failed{0}, unknown{0};
    std::atomic<bool> answered{false};

    bool given_up() const { return given_up_.load(std::memory_order_relaxed); }
    /// Wakes all who pause. The first end counts.
    void give_up(SendEnd why);
    SendEnd end() const { return end_.load(); }
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
    std::atomic<bool> given_up_{false};
    std::atomic<SendEnd> end_{SendEnd::complete};
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
    /// One batch's tries.
    struct Tries {
        SteadyTime first;
        int count = 0;
        bool maybe_stored = false;
    };
    // False if the batch is to be posted again.
    bool settle(const Batch& batch, const Result<PostAnswer>& answer, Tries& tries);
    bool settle_unanswered(const Batch& batch, const Error& error, Tries& tries);
    bool settle_refused(const Batch& batch, const PostAnswer& answer, Tries& tries);
    /// Waits before the next try, `at_least` so long; false if it would be beyond `patience`, or the run was
    /// given up.
    bool pause(const Tries& tries, std::chrono::milliseconds at_least, std::chrono::milliseconds patience);
    void count(const Batch& batch, const PostAnswer& answer);
    void fail(const Batch& batch, const Tries& tries, const std::string& why);

    const DispatchOptions& options_;
    const PosterFactory& connect_;
    RunState& run_;
    const std::string key_prefix_;
    std::uint64_t batches_ = 0;
    Random jitter_;
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
