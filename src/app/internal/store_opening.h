// store_opening.h - opens one store in the background, so that neither ingest nor another store waits for it.
//
// Lifecycle:  start once; stop before what the callbacks use goes away. The destructor stops.
// Retry:      `open` until it succeeds, then `attach` until it does: each is called again while its error
//             passes by itself (a full disk, a missing descriptor), with growing pauses. `attach` goes on
//             where it failed. Both on a thread of their own, behind the others.
// Threads:    any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/log.h"
#include "core/result.h"

namespace tillstream::app {

class StoreOpening {
public:
    /// "the warehouse", as messages call it, singular.
    StoreOpening(std::string name, Logger logger,
                 std::chrono::milliseconds first_pause = std::chrono::milliseconds{500})
        : name_(std::move(name)), logger_(std::move(logger)), first_pause_(first_pause) {}
    ~StoreOpening() { stop(); }

    void start(std::function<Status()> open, std::function<Status()> attach);
    /// Gives up trying and waits for a call that runs.
    void stop();

    /// Empty when the store is open and attached; else what is the matter.
    std::string missing() const;
    /// unavailable if it takes longer, else the error that keeps it from opening.
    Status wait(std::chrono::milliseconds timeout);

private:
    Status repeat(const std::function<Status()>& step, const char* what);

    const std::string name_;
    Logger logger_;
    const std::chrono::milliseconds first_pause_;
    std::thread thread_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Status> outcome_;
    bool stopping_ = false;
};

}  // namespace tillstream::app
