#include <atomic>

#include "core/env.h"

namespace tillstream {

namespace {

class SystemClock final : public Clock {
public:
    Timestamp now() const override {
        const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
        return {std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
    }
    std::chrono::nanoseconds steady() const override {
        return std::chrono::steady_clock::now().time_since_epoch();
    }
};

}  // namespace

Clock& system_clock() {
    static SystemClock clock;  // stateless
    return clock;
}

struct ManualClock::State {
    Timestamp start;
    std::atomic<std::int64_t> advanced_micros{0};
};

ManualClock::ManualClock(Timestamp start) : state_(std::make_unique<State>()) { state_->start = start; }
ManualClock::~ManualClock() = default;

Timestamp ManualClock::now() const { return {state_->start.micros + state_->advanced_micros.load()}; }

std::chrono::nanoseconds ManualClock::steady() const {
    return std::chrono::microseconds(state_->advanced_micros.load());
}

void ManualClock::advance(std::chrono::microseconds by) { state_->advanced_micros += by.count(); }

}  // namespace tillstream
