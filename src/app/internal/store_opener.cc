#include "app/internal/store_opener.h"

#include <algorithm>

#include "core/thread_priority.h"

namespace tillstream::app {

namespace {

constexpr std::chrono::milliseconds kFirstPause{500};
constexpr std::chrono::milliseconds kLongestPause{30'000};

}  // namespace

StoreOpener::StoreOpener(std::string store, std::function<Status()> open, Logger logger)
    : store_(std::move(store)),
      open_(std::move(open)),
      logger_(std::move(logger)),
      thread_([this] { run(); }) {}

StoreOpener::~StoreOpener() {
    give_up();
    if (thread_.joinable()) thread_.join();
}

void StoreOpener::give_up() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

std::string StoreOpener::not_ready() const {
    const std::lock_guard lock(mutex_);
    if (!outcome_) return "the " + store_ + " store is still opening";
    return *outcome_ ? std::string()
                     : "the " + store_ + " store is not available: " + outcome_->error().message;
}

Status StoreOpener::wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, timeout, [&] { return outcome_.has_value(); })) return *outcome_;
    return failure(Errc::unavailable, "the " + store_ + " store is still opening");
}

/// A full disk or a missing descriptor passes: the way on is to wait, and ingest does not.
void StoreOpener::run() {
    lower_own_priority();  // a store's own threads inherit it
    std::chrono::milliseconds pause = kFirstPause;
    while (true) {
        Status opened = open_();
        std::unique_lock lock(mutex_);
        if (opened || !retryable(opened.error().code)) {
            if (!opened)
                logger_.error("a store is not available; ingest goes on",
                              {{"store", store_}, {"error", opened.error().message}});
            outcome_ = std::move(opened);
            changed_.notify_all();
            return;
        }
        logger_.warn("a store does not open yet and is tried again",
                     {{"store", store_}, {"error", opened.error().message}});
        if (changed_.wait_for(lock, pause, [&] { return closing_; })) {
            outcome_ = std::move(opened);
            changed_.notify_all();
            return;
        }
        pause = std::min(pause * 2, kLongestPause);
    }
}

}  // namespace tillstream::app
