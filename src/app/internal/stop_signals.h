// stop_signals.h - being asked to end, and being asked again.
//
// SIGTERM and SIGINT ask for a clean stop, SIGHUP for a reload. Once a stop is under way a second signal ends
// the process at once: whoever sends it does not want to wait for the drain. One within kSameWish of the
// first is still the first: `timeout`, shells and process managers signal a process and then its group.
// Lifecycle:  made before any other thread, so that all of them inherit the blocked signals; one per process.
// Threads:    wait_for_stop and expect_impatience from the thread that made it. "signals" watches from the
//             latter until destruction.
// Source:     FACES "Start".
#pragma once

#include <csignal>

#include <chrono>
#include <functional>
#include <thread>

namespace tillstream::app {

class StopSignals {
public:
    static constexpr std::chrono::seconds kSameWish{1};

    StopSignals();

    /// Until SIGTERM or SIGINT; calls `reload` at every SIGHUP before.
    void wait_for_stop(const std::function<void()>& reload);
    /// From now on SIGHUP is ignored, and a second signal ends the process.
    void expect_impatience();

private:
    sigset_t signals_;
    std::jthread watch_;
};

}  // namespace tillstream::app
