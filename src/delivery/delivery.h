// delivery.h - brings the log to every sink, each at its own pace.
//
// Lifecycle:  construct -> add sinks (before or after start of others; each runs from then on) -> stop.
// Rule:       a dead sink costs the others nothing; only a required sink near its declared bound reaches
//             producers.
// Threads:    any.
// Source:     engine-notes 6; FACES "Reads" (streams, pause, resume, ?after=).
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/sink_runner.h"

namespace tillstream {

/// Why ingest must refuse now.
struct Overload {
    std::string reason;
    int retry_after_seconds = 1;
};

class Delivery {
public:
    explicit Delivery(const SinkSurroundings& around);
    ~Delivery();

    /// A required sink of this name will be added once its store is open: until then status() shows it,
    /// retrying, and what is appended meanwhile counts against `lag_bytes_max`.
    void announce(std::string sink, std::uint64_t lag_bytes_max);
    /// `sink` outlives this object. Starts at once. A name that is there already is left as it is.
    Status add(Sink& sink, const SinkPolicy& policy);
    /// Waits until every sink that is not paused or stopped has come to `end`, at most `timeout`. True if all
    /// sinks did.
    bool drain(const Position& end, std::chrono::milliseconds timeout);
    void stop();

    /// not_found for an unknown sink, unavailable for one whose store is not open yet. Repeatable; a pause
    /// survives a restart.
    Status pause(std::string_view sink);
    Status resume(std::string_view sink);

    /// unavailable while the sink's store is not open yet; conflict while a replay is under way.
    Status replay(std::string_view sink, const ReplayRange& range);
    Result<ReplayStatus> replay_status(std::string_view sink) const;

    std::vector<SinkStatus> status() const;
    /// Of one sink; null if there is none of that name.
    const Progress* progress(std::string_view sink) const;

    /// Nothing while every required sink is within its bound. From 90 % of the bound on, a growing share of
    /// the calls is answered with an overload, all of them at 100 %.
    std::optional<Overload> overload();

private:
    SinkRunner* find(std::string_view sink) const;
    Result<SinkRunner*> running(std::string_view sink) const;
    void refresh_pressure();
    void press(const std::string& sink, std::uint64_t lag_bytes, std::uint64_t lag_bytes_max);

    SinkSurroundings around_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<SinkRunner>> runners_;
    struct Announced {
        std::string name;
        std::uint64_t bytes_before = 0;  ///< of the log when it was announced
        std::uint64_t lag_bytes_max = 0;
    };
    std::vector<Announced> announced_;

    std::mutex pressure_mutex_;
    std::chrono::nanoseconds pressure_at_{0};
    double pressure_ = 0;  ///< 0 below 90 % of the bound, 1 at it
    double owed_ = 0;      ///< share of refusals not yet given
    std::string pressed_by_;
};

}  // namespace tillstream
