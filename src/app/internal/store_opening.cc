#include "app/internal/store_opening.h"

#include <algorithm>

#include "core/own_thread.h"

namespace tillstream::app {

namespace {

constexpr std::chrono::milliseconds kLongestPause{30'000};

/// A conflict between a contract and what is stored stays until somebody changes one of them.
bool passes(Errc code) { return retryable(code) && code != Errc::conflict; }

}  // namespace

void StoreOpening::start(std::function<Status()> open, std::function<Status()> attach) {
    thread_ = std::thread([this, open = std::move(open), attach = std::move(attach)] {
        lower_own_priority();  // the engine's own threads inherit it
        Status outcome = repeat(open, "open");
        if (outcome) outcome = repeat(attach, "join");
        if (!outcome) {
            logger_.error(name_ + " is not available; ingest goes on", {{"error", outcome.error().message}});
        }
        const std::lock_guard lock(mutex_);
        outcome_ = std::move(outcome);
        changed_.notify_all();
    });
}

/// What passes by itself is waited for; ingest does not wait.
Status StoreOpening::repeat(const std::function<Status()>& step, const char* what) {
    std::chrono::milliseconds pause = first_pause_;
    while (true) {
        Status done = step();
        if (done || !passes(done.error().code)) return done;
        logger_.warn(name_ + " does not " + what + " yet and is tried again",
                     {{"error", done.error().message}});
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, pause, [&] { return stopping_; })) return done;
        pause = std::min(pause * 2, kLongestPause);
    }
}

void StoreOpening::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

std::string StoreOpening::missing() const {
    const std::lock_guard lock(mutex_);
    if (!outcome_) return name_ + " is still opening";
    return *outcome_ ? std::string() : name_ + " is not available: " + outcome_->error().message;
}

Status StoreOpening::wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, timeout, [&] { return outcome_.has_value(); })) return *outcome_;
    return failure(Errc::unavailable, name_ + " is still opening");
}

}  // namespace tillstream::app
