#include "producer/internal/lane.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/digest.h"

namespace tillstream::internal {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::uint64_t micros_since(SteadyTime start, SteadyTime end) {
    const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(end - start).count();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed, 0));
}

/// Doubles with each try. Half of it is chance, lest all connections come back at once.
milliseconds pause_after(int tries, milliseconds first, Random& jitter) {
    constexpr milliseconds kLongest{2'000};
    milliseconds pause = first;
    for (int i = 1; i < tries && pause < kLongest; ++i) pause *= 2;
    const auto half = std::min(pause, kLongest).count() / 2;
    return milliseconds(half + jitter.between(0, half));
}

std::string answered(const PostAnswer& answer) {
    return fmt::format("the server answered {}: {}", answer.status, answer.detail);
}

}  // namespace

void RunState::give_up(SendEnd why) {
    {
        const std::lock_guard lock(mutex_);
        if (!given_up_) end_ = why;
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
    : options_(options),
      connect_(connect),
      run_(run),
      key_prefix_(to_hex(random_bytes(8)) + "-"),
      jitter_(static_cast<std::uint64_t>(steady_clock::now().time_since_epoch().count())),
      thread_([this] { work(); }) {}

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
        run_.give_up(poster.error().code == Errc::unavailable ? SendEnd::unreachable : SendEnd::refused);
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
    std::string key;
    if (options_.server_knows_repeats) key = key_prefix_ + std::to_string(++batches_);
    Tries tries{.first = steady_clock::now()};
    for (;;) {
        ++tries.count;
        if (settle(batch, poster.post({batch.body, batch.content_type, key}), tries)) return;
    }
}

bool Lane::settle(const Batch& batch, const Result<PostAnswer>& answer, Tries& tries) {
    if (!answer) return settle_unanswered(batch, answer.error(), tries);
    run_.answered = true;
    const int status = answer->status;
    if ((status >= 500 && status != 503) || answer->outcome_unknown) {
        // No refusal: it does not say that nothing was stored.
        const Error fault{Errc::outcome_unknown, answered(*answer)};
        return settle_unanswered(batch, fault, tries);
    }
    if (status != 200) return settle_refused(batch, *answer, tries);
    count(batch, *answer);
    return true;
}

bool Lane::settle_unanswered(const Batch& batch, const Error& error, Tries& tries) {
    const bool unsent = error.code == Errc::unavailable || error.code == Errc::timeout;
    if (!unsent) {
        tries.maybe_stored = true;
        if (!options_.server_knows_repeats) {
            fail(batch, tries, "a request whose outcome is unknown is not repeated: " + error.message);
            return true;
        }
    }
    const bool was_there = run_.answered || tries.maybe_stored;
    if (was_there && pause(tries, milliseconds(0), options_.outage_patience)) return false;
    fail(batch, tries, error.message);
    run_.give_up(SendEnd::unreachable);
    return true;
}

bool Lane::settle_refused(const Batch& batch, const PostAnswer& answer, Tries& tries) {
    const bool overloaded = (answer.status == 429 || answer.status == 503) && answer.retry_after;
    // The request of an earlier try, whose answer was lost, still runs.
    const bool running = answer.status == 409 && tries.maybe_stored;
    const milliseconds wait = answer.retry_after.value_or(milliseconds(0));
    if ((overloaded || running) && pause(tries, wait, options_.overload_patience)) return false;
    fail(batch, tries, answered(answer));
    const bool hopeless = answer.status == 401 || answer.status == 403 || answer.status == 404;
    if (overloaded || running) run_.give_up(SendEnd::overloaded);
    if (hopeless) run_.give_up(SendEnd::refused);
    return true;
}

bool Lane::pause(const Tries& tries, milliseconds at_least, milliseconds patience) {
    const milliseconds wait = std::max(at_least, pause_after(tries.count, options_.first_pause, jitter_));
    return steady_clock::now() + wait < tries.first + patience && run_.pause(wait);
}

void Lane::count(const Batch& batch, const PostAnswer& answer) {
    const SteadyTime now = steady_clock::now();
    run_.accepted += answer.accepted;
    run_.quarantined += answer.quarantined;
    run_.duplicates += answer.duplicates;
    const std::uint64_t counted = answer.accepted + answer.quarantined + answer.duplicates;
    if (counted < batch.records) {
        run_.failed += batch.records - counted;
        run_.unknown += batch.records - counted;
        run_.notice(fmt::format("the server counted {} of {} records of a request", counted, batch.records));
    } else if (counted > batch.records) {
        run_.notice(
            fmt::format("the server counted {} records in a request of {}: it cut them otherwise, so "
                        "not each has the event id of its row",
                        counted, batch.records));
    }
    if (batch.due.empty()) latency_.record(micros_since(batch.handed_over, now), batch.records);
    for (const SteadyTime due : batch.due) latency_.record(micros_since(due, now));
}

void Lane::fail(const Batch& batch, const Tries& tries, const std::string& why) {
    run_.failed += batch.records;
    if (tries.maybe_stored) run_.unknown += batch.records;
    run_.notice(why);
}

}  // namespace tillstream::internal
