#include "app/internal/stop_signals.h"

#include <pthread.h>

#include <condition_variable>
#include <ctime>
#include <mutex>

#include "core/own_thread.h"

namespace tillstream::app {

namespace {

constexpr auto kForGood = std::chrono::hours(24 * 365);

/// False if the end was asked for within `time`.
bool rest(const std::stop_token& end, std::chrono::seconds time) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, end, time, [] { return false; });
    return !end.stop_requested();
}

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
    watch_ = std::jthread([signals = signals_](const std::stop_token& end) {
        name_own_thread("signals");
        if (!rest(end, kSameWish)) return;
        forget_pending(signals);
        std::signal(SIGTERM, SIG_DFL);
        std::signal(SIGINT, SIG_DFL);
        pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a signal needs one thread that takes it: this one
        rest(end, kForGood);
    });
}

}  // namespace tillstream::app
