#include "producer/internal/lane.h"

#include <fmt/format.h>

#include <algorithm>

namespace tillstream::internal {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::uint64_t micros_since(SteadyTime start, SteadyTime end) {
    const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(end - start).count();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed, 0));
}

milliseconds pause_before(int attempt, milliseconds first) {
    constexpr milliseconds kLongest{2'000};
    milliseconds pause = first;
    for (int i = 1; i < attempt && pause < kLongest; ++i) pause *= 2;
    return std::min(pause, kLongest);
}

}  // namespace

void RunState::give_up(bool unreachable) {
    if (unreachable) unreachable_ = true;
    {
        const std::lock_guard lock(mutex_);
        given_up_ = true;
    }
    woken_.notify_all();
}

bool RunState::pause(milliseconds time) {
    std::unique_lock lock(mutex_);
    return !woken_.wait_for(lock, time, [this] { return given_up_.load(); });
}

void RunState::notice(const std::string& text) {
    const std::lock_guard lock(observer_mutex_);
    if (noticed_.insert(text).second) observer_.notice(text);
}

void RunState::progress(const SendProgress& now) {
    const std::lock_guard lock(observer_mutex_);
    observer_.progress(now);
}

Lane::Lane(const DispatchOptions& options, const PosterFactory& connect, RunState& run)
    : options_(options), connect_(connect), run_(run), thread_([this] { work(); }) {}

Lane::~Lane() {
    close();
    thread_.join();
}

void Lane::push(Batch& batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < kWaitingMax; });
    batch.handed_over = steady_clock::now();
    waiting_.push_back(std::move(batch));
    batch = {};
    if (!spare_.empty()) {
        batch = std::move(spare_.back());
        spare_.pop_back();
    }
    lock.unlock();
    changed_.notify_all();
}

void Lane::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

bool Lane::wait_ended(milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return ended_; });
}

bool Lane::take(Batch& batch) {
    std::unique_lock lock(mutex_);
    if (batch.body.capacity() > 0) {
        batch.clear();
        spare_.push_back(std::move(batch));
    }
    changed_.wait(lock, [this] { return !waiting_.empty() || closed_; });
    if (waiting_.empty()) return false;
    batch = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    lock.unlock();
    changed_.notify_all();
    return true;
}

void Lane::work() {
    Result<std::unique_ptr<RecordPoster>> poster = connect_();
    if (!poster) {
        run_.notice(poster.error().message);
        run_.give_up(poster.error().code == Errc::unavailable);
    }
    Batch batch;
    while (take(batch)) {
        if (run_.given_up()) {
            run_.failed += batch.records;
        } else {
            deliver(**poster, batch);
        }
    }
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
}

void Lane::deliver(RecordPoster& poster, const Batch& batch) {
    const SteadyTime first_try = steady_clock::now();
    for (int attempt = 1;; ++attempt) {
        const Result<PostAnswer> answer = poster.post({batch.body, batch.content_type});
        if (settle(batch, answer, attempt, first_try)) return;
    }
}

bool Lane::settle(const Batch& batch, const Result<PostAnswer>& answer, int attempt, SteadyTime first_try) {
    if (!answer) {
        const Error& error = answer.error();
        if (error.code == Errc::unavailable || error.code == Errc::timeout) {
            return settle_unsent(batch, error, attempt, first_try);
        }
        fail(batch, fmt::format("a request whose outcome is unknown is not repeated: {}", error.message));
        return true;
    }
    run_.answered = true;
    if (answer->status == 200) {
        count(batch, *answer);
        return true;
    }
    const bool overloaded =
        (answer->status == 429 || answer->status == 503) && answer->retry_after.has_value();
    if (overloaded && steady_clock::now() - first_try < options_.overload_patience) {
        const milliseconds pause =
            std::max(*answer->retry_after, pause_before(attempt, options_.first_pause));
        if (run_.pause(pause)) return false;
    }
    fail(batch, fmt::format("the server answered {}: {}", answer->status, answer->detail));
    const bool hopeless = answer->status == 401 || answer->status == 403 || answer->status == 404;
    if (hopeless) run_.give_up(false);
    return true;
}

bool Lane::settle_unsent(const Batch& batch, const Error& error, int attempt, SteadyTime first_try) {
    const bool patient = run_.answered && steady_clock::now() - first_try < options_.outage_patience;
    if (patient && run_.pause(pause_before(attempt, options_.first_pause))) return false;
    fail(batch, error.message);
    run_.give_up(true);
    return true;
}

void Lane::count(const Batch& batch, const PostAnswer& answer) {
    const SteadyTime now = steady_clock::now();
    run_.accepted += answer.accepted;
    run_.quarantined += answer.quarantined;
    run_.duplicates += answer.duplicates;
    const std::uint64_t counted = answer.accepted + answer.quarantined + answer.duplicates;
    if (counted < batch.records) {
        run_.failed += batch.records - counted;
        run_.notice(fmt::format("the server counted {} of {} records of a request", counted, batch.records));
    }
    if (batch.due.empty()) latency_.record(micros_since(batch.handed_over, now), batch.records);
    for (const SteadyTime due : batch.due) latency_.record(micros_since(due, now));
}

void Lane::fail(const Batch& batch, const std::string& why) {
    run_.failed += batch.records;
    run_.notice(why);
}

}  // namespace tillstream::internal
