// store_opener.h - opens one store in the background, again and again until it succeeds, fails for good or the
// engine closes.
//
// Why:      ingest must not wait for a store, and a broken store must not keep another from opening.
// Threads:  one of its own, at low priority; everything else from any.
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

class StoreOpener {
public:
    /// `open` attaches the store; an error that may pass is tried again.
    StoreOpener(std::string store, std::function<Status()> open, Logger logger);
    /// Gives up and waits for the thread.
    ~StoreOpener();

    void give_up();
    /// Empty when the store is open; else what is wrong with it.
    std::string not_ready() const;
    /// unavailable if it takes longer than `timeout`, else the error that keeps it from opening.
    Status wait(std::chrono::milliseconds timeout);

private:
    void run();

    const std::string store_;
    const std::function<Status()> open_;
    Logger logger_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Status> outcome_;
    bool closing_ = false;
    std::thread thread_;
};

}  // namespace tillstream::app
