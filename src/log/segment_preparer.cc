#include "log/internal/segment_preparer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>

#include "core/own_thread.h"

namespace tillstream::journal {

namespace {

constexpr std::size_t kStepBytes = std::size_t{1} << 20;
constexpr std::chrono::milliseconds kStepPause{1};
constexpr std::chrono::milliseconds kRetryPause{200};
constexpr std::string_view kPrefix = "spare-";
constexpr std::string_view kUnfinished = ".prep";
constexpr std::string_view kReady = ".spare";

AlignedBuffer zeros() {
    AlignedBuffer buffer(kStepBytes);
    std::memset(buffer.data(), 0, buffer.size());
    return buffer;
}

}  // namespace

SegmentPreparer::SegmentPreparer(Filesystem& fs, std::string dir, Options options, std::uint64_t used_bytes)
    : fs_(fs), dir_(std::move(dir)), options_(options), zeros_(zeros()), used_bytes_(used_bytes) {}

SegmentPreparer::~SegmentPreparer() { stop(); }

Status SegmentPreparer::start() {
    for (const std::string& name : TILLSTREAM_TRY(fs_.list(dir_))) {
        const std::string path = fmt::format("{}/{}", dir_, name);
        if (name.ends_with(kUnfinished)) TILLSTREAM_CHECK(fs_.remove(path));
        if (!name.starts_with(kPrefix) || !name.ends_with(kReady)) continue;
        std::uint64_t number = 0;
        std::from_chars(name.data() + kPrefix.size(), name.data() + name.size() - kReady.size(), number);
        next_number_ = std::max(next_number_, number + 1);
        const auto file = TILLSTREAM_TRY(fs_.open(path, {}));
        if (TILLSTREAM_TRY(file->size()) == options_.segment_bytes) {
            ready_.push_back(path);
        } else {
            TILLSTREAM_CHECK(fs_.remove(path));
        }
    }
    thread_ = std::thread([this] { run(); });
    return {};
}

void SegmentPreparer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

Result<std::string> SegmentPreparer::take() {
    std::unique_lock lock(mutex_);
    if (ready_.empty()) {
        const std::uint64_t before = attempts_;
        waiting_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] { return !ready_.empty() || (attempts_ != before && error_) || stopping_; });
        waiting_ = false;  // from here on filling is paced again
    }
    if (!ready_.empty()) {
        std::string path = std::move(ready_.front());
        ready_.pop_front();
        used_bytes_ += options_.segment_bytes;
        changed_.notify_all();
        return path;
    }
    if (error_) return failure(*error_);
    return failure(Errc::unavailable, "the log is closing");
}

void SegmentPreparer::give_back(std::string path) {
    const auto there = fs_.exists(path);
    const std::lock_guard lock(mutex_);
    used_bytes_ -= options_.segment_bytes;
    if (there && *there) ready_.push_front(std::move(path));
    changed_.notify_all();
}

void SegmentPreparer::recycle(const std::string& path, std::uint64_t bytes) {
    std::optional<std::string> spare;
    {
        const std::lock_guard lock(mutex_);
        if (bytes == options_.segment_bytes && wanted()) spare = spare_path(next_number_++);
    }
    Status done = spare ? fs_.rename(path, *spare) : fs_.remove(path);
    if (done) done = fs_.sync_dir(dir_);
    // A file that stayed counts as a segment, as the next start will find it one.
    if (!done && !(spare && fs_.exists(*spare).value_or(false))) return;
    const std::lock_guard lock(mutex_);
    used_bytes_ -= bytes;
    if (spare) ready_.push_back(*std::move(spare));
    changed_.notify_all();
}

bool SegmentPreparer::short_of_room() const {
    const std::lock_guard lock(mutex_);
    return ready_.size() < options_.ahead && !has_room();
}

std::string SegmentPreparer::spare_path(std::uint64_t number) const {
    return fmt::format("{}/{}{:012}{}", dir_, kPrefix, number, kReady);
}

void SegmentPreparer::run() {
    name_own_thread("log-prepare");
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (!wanted()) {
            changed_.wait(lock, [&] { return wanted() || stopping_; });
            continue;
        }
        Result<std::string> made =
            failure(Errc::resource_exhausted,
                    fmt::format("the journal's budget of {} bytes is used up: raise log.budget_bytes",
                                options_.budget_bytes));
        if (!has_room() && options_.on_short) {
            lock.unlock();
            options_.on_short();
            lock.lock();
        }
        if (has_room()) {
            const std::uint64_t number = next_number_++;
            lock.unlock();
            made = prepare(number);
            lock.lock();
        }
        ++attempts_;
        waiting_ = false;  // answered, one way or the other
        error_.reset();
        if (made) {
            ready_.push_back(*std::move(made));
        } else {
            error_ = std::move(made).error();
            if (error_->code != Errc::resource_exhausted) error_->code = Errc::unavailable;
        }
        changed_.notify_all();
        if (error_) changed_.wait_for(lock, kRetryPause, [&] { return stopping_ || waiting_; });
    }
}

Result<std::string> SegmentPreparer::prepare(std::uint64_t number) {
    const std::string ready = spare_path(number);
    const std::string unfinished = ready + std::string(kUnfinished);
    if (const auto free = TILLSTREAM_TRY(fs_.free_bytes(dir_)); free < options_.segment_bytes)
        return failure(Errc::resource_exhausted,
                       fmt::format("{} bytes are free in {}, the journal's next segment takes {}: make room",
                                   free, dir_, options_.segment_bytes));
    Status done = fill(unfinished);
    if (done) done = fs_.rename(unfinished, ready);
    if (done) done = fs_.sync_dir(dir_);
    if (done) return ready;
    // Whichever of the two names it has now; a leftover is removed by the next start.
    (void)fs_.remove(unfinished);
    (void)fs_.remove(ready);
    return failure(std::move(done).error());
}

Status SegmentPreparer::fill(const std::string& path) {
    const auto file = TILLSTREAM_TRY(fs_.open(path, {.write = true, .create = true, .direct = true}));
    for (std::uint64_t at = 0; at < options_.segment_bytes; at += kStepBytes) {
        const auto step = std::min<std::uint64_t>(kStepBytes, options_.segment_bytes - at);
        TILLSTREAM_CHECK(file->write_at(at, {zeros_.data(), step}));
        if (pause()) return failure(Errc::cancelled, "the log is closing");
    }
    return file->sync();
}

bool SegmentPreparer::pause() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kStepPause, [&] { return waiting_ || stopping_; });
    return stopping_;
}

}  // namespace tillstream::journal
