#include "app/internal/store_opening.h"

#include <algorithm>

#include "core/own_thread.h"

namespace tillstream::app {

void StoreOpening::start(std::function<Status()> open, std::function<Status()> attach) {
    thread_ = std::thread([this, open = std::move(open), attach = std::move(attach)] {
        lower_own_priority();  // the engine's own threads inherit it
        Status outcome = run(open, attach);
        if (!outcome) {
            logger_.error(name_ + " is not available; ingest goes on", {{"error", outcome.error().message}});
        }
        const std::lock_guard lock(mutex_);
        outcome_ = std::move(outcome);
        changed_.notify_all();
    });
}

Status StoreOpening::run(const std::function<Status()>& open, const std::function<Status()>& attach) {
    TILLSTREAM_CHECK(open_when_possible(open));
    return attach();
}

/// What passes by itself is waited for; ingest does not wait.
Status StoreOpening::open_when_possible(const std::function<Status()>& open) {
    std::chrono::milliseconds pause{500};
    while (true) {
        Status opened = open();
        if (opened || !retryable(opened.error().code)) return opened;
        logger_.warn(name_ + " does not open yet and is tried again", {{"error", opened.error().message}});
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, pause, [&] { return stopping_; })) return opened;
        pause = std::min(pause * 2, std::chrono::milliseconds{30'000});
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
