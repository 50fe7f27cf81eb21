#include "app/internal/stop_signals.h"

#include <pthread.h>

#include <condition_variable>
#include <ctime>
#include <mutex>

#include "core/own_thread.h"

namespace tillstream::app {

namespace {

/// Waits for `time` or, without one, for the end. False at the end.
class Rest {
public:
    explicit Rest(std::stop_token end) : end_(std::move(end)) {}
    bool of(std::chrono::seconds time) {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, end_, time, [] { return false; });
        return !end_.stop_requested();
    }
    void until_end() {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, end_, [] { return false; });
    }

private:
    std::stop_token end_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
};

void forget_pending(const sigset_t& signals) {
    const timespec now{};
    while (sigtimedwait(&signals, nullptr, &now) > 0) {
    }
}

}  // namespace

StopSignals::StopSignals() {
    sigemptyset(&signals_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

void StopSignals::wait_for_stop(const std::function<void()>& reload) {
    for (int signal = 0; sigwait(&signals_, &signal) == 0 && signal == SIGHUP;) reload();
}

void StopSignals::expect_impatience() {
    std::signal(SIGHUP, SIG_IGN);  // there is nothing left to read anew
    watch_ = std::jthread([signals = signals_](std::stop_token end) {
        name_own_thread("signals");
        Rest rest(std::move(end));
        if (!rest.of(kSameWish)) return;
        forget_pending(signals);
        std::signal(SIGTERM, SIG_DFL);
        std::signal(SIGINT, SIG_DFL);
        pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a signal needs one thread that takes it: this one
        rest.until_end();
    });
}

}  // namespace tillstream::app
