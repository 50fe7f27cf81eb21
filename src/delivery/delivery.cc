#include "delivery/delivery.h"

#include <algorithm>

namespace tillstream {

namespace {

constexpr std::chrono::milliseconds kPressureAge{50};
constexpr double kThrottleFrom = 0.9;

}  // namespace

Delivery::Delivery(const SinkSurroundings& around) : around_(around) {}

Delivery::~Delivery() { stop(); }

void Delivery::announce(std::string sink, std::uint64_t lag_bytes_max) {
    const std::lock_guard lock(mutex_);
    announced_.push_back({std::move(sink), around_.log.bytes_behind(""), lag_bytes_max});
}

Status Delivery::add(Sink& sink, const SinkPolicy& policy) {
    if (find(sink.name()) != nullptr) return {};
    auto runner = std::make_unique<SinkRunner>(sink, policy, around_);
    TILLSTREAM_CHECK(runner->start());
    const std::lock_guard lock(mutex_);
    std::erase_if(announced_, [&](const Announced& announced) { return announced.name == sink.name(); });
    runners_.push_back(std::move(runner));
    return {};
}

bool Delivery::drain(const Position& end, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const std::lock_guard lock(mutex_);
    bool all = announced_.empty();
    for (const auto& runner : runners_) {
        const SinkState state = runner->status().state;
        if (state == SinkState::paused || state == SinkState::stopped) {
            all = false;
            continue;
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        all = runner->progress().wait_for(end, std::max(left, std::chrono::milliseconds{0})) && all;
    }
    return all;
}

void Delivery::stop() {
    const std::lock_guard lock(mutex_);
    for (const auto& runner : runners_) runner->stop();
}

SinkRunner* Delivery::find(std::string_view sink) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(runners_.begin(), runners_.end(),
                                    [&](const auto& runner) { return runner->name() == sink; });
    return found == runners_.end() ? nullptr : found->get();
}

Result<SinkRunner*> Delivery::running(std::string_view sink) const {
    if (SinkRunner* runner = find(sink)) return runner;
    const std::lock_guard lock(mutex_);
    const bool announced = std::any_of(announced_.begin(), announced_.end(),
                                       [&](const Announced& waiting) { return waiting.name == sink; });
    if (announced)
        return failure(Errc::unavailable,
                       "the store of sink " + std::string(sink) + " is not open yet; retry");
    return failure(Errc::not_found, "no sink named " + std::string(sink));
}

Status Delivery::pause(std::string_view sink) { return TILLSTREAM_TRY(running(sink))->pause(); }

Status Delivery::resume(std::string_view sink) { return TILLSTREAM_TRY(running(sink))->resume(); }

Status Delivery::replay(std::string_view sink, const ReplayRange& range) {
    return TILLSTREAM_TRY(running(sink))->replay(range);
}

Result<ReplayStatus> Delivery::replay_status(std::string_view sink) const {
    return TILLSTREAM_TRY(running(sink))->replay_status();
}

std::vector<SinkStatus> Delivery::status() const {
    const std::lock_guard lock(mutex_);
    std::vector<SinkStatus> all;
    for (const auto& runner : runners_) all.push_back(runner->status());
    for (const Announced& announced : announced_) {
        all.push_back({announced.name,
                       SinkState::retrying,
                       "its store is not open yet",
                       around_.log.bytes_behind(""),
                       0,
                       {}});
    }
    return all;
}

const Progress* Delivery::progress(std::string_view sink) const {
    const SinkRunner* runner = find(sink);
    return runner ? &runner->progress() : nullptr;
}

std::optional<Overload> Delivery::overload() {
    const std::lock_guard lock(pressure_mutex_);
    refresh_pressure();
    if (pressure_ <= 0) return std::nullopt;
    owed_ += pressure_;
    if (owed_ < 1) return std::nullopt;
    owed_ -= 1;
    return Overload{"sink " + pressed_by_ + " is close to its bound of waiting data; retry later", 2};
}

void Delivery::refresh_pressure() {
    const auto now = around_.clock.steady();
    if (pressure_at_.count() != 0 && now - pressure_at_ < kPressureAge) return;
    pressure_at_ = now;
    pressure_ = 0;
    const std::lock_guard lock(mutex_);
    for (const auto& runner : runners_) {
        // A rebuild runs behind on purpose, and the log keeps what it needs.
        if (!runner->policy().required || runner->rebuilding()) continue;
        press(std::string(runner->name()), runner->status().lag_bytes, runner->policy().lag_bytes_max);
    }
    const std::uint64_t bytes = announced_.empty() ? 0 : around_.log.bytes_behind("");
    for (const Announced& announced : announced_) {
        press(announced.name, bytes - std::min(bytes, announced.bytes_before), announced.lag_bytes_max);
    }
}

void Delivery::press(const std::string& sink, std::uint64_t lag_bytes, std::uint64_t lag_bytes_max) {
    const double fill =
        static_cast<double>(lag_bytes) / static_cast<double>(std::max<std::uint64_t>(lag_bytes_max, 1));
    const double pressure = std::clamp((fill - kThrottleFrom) / (1 - kThrottleFrom), 0.0, 1.0);
    if (pressure <= pressure_) return;
    pressure_ = pressure;
    pressed_by_ = sink;
}

}  // namespace tillstream
