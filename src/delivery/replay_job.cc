#include "delivery/internal/replay_job.h"

#include <utility>

#include "delivery/batch_slice.h"

namespace tillstream {

namespace {

std::uint64_t records_below(const std::map<SourceId, Offset>& next) {
    std::uint64_t records = 0;
    for (const auto& [source, offset] : next) records += offset.value;
    return records;
}

bool reached(const LogPlace& place, const LogPlace& target) {
    for (const auto& [source, next] : target.next)
        if (place.next_of(source) < next) return false;
    return true;
}

std::uint64_t count(const std::vector<LogBatch>& batches) {
    std::uint64_t records = 0;
    for (const LogBatch& batch : batches) records += batch.count();
    return records;
}

}  // namespace

std::string_view to_string(ReplayState state) {
    switch (state) {
        case ReplayState::none: return "none";
        case ReplayState::waiting: return "waiting";
        case ReplayState::running: return "running";
        case ReplayState::done: return "done";
        case ReplayState::failed: return "failed";
    }
    return "failed";
}

Status ReplayJob::request(const ReplayRange& range) {
    const std::lock_guard lock(mutex_);
    if (status_.state == ReplayState::waiting || status_.state == ReplayState::running)
        return failure(Errc::conflict,
                       std::string(sink_.name()) + " is being replayed already; wait for its end");
    range_ = range;
    status_ = {};
    status_.state = ReplayState::waiting;
    status_.whole = !sink_.can_replace();
    return {};
}

ReplayStatus ReplayJob::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

bool ReplayJob::rebuilding() const {
    const std::lock_guard lock(mutex_);
    return status_.whole && status_.state == ReplayState::running;
}

bool ReplayJob::active() const {
    const std::lock_guard lock(mutex_);
    return status_.state == ReplayState::waiting || status_.state == ReplayState::running;
}

Result<bool> ReplayJob::begin(const LogPlace& stored) {
    const ReplayStatus asked = status();
    if (asked.state != ReplayState::waiting) return false;
    target_ = stored;
    seen_ = {};
    piece_.clear();
    reader_.reset();
    read_to_end_ = false;
    if (asked.whole) {
        TILLSTREAM_CHECK(sink_.reset());
        // A rebuild is done when it has come to what the log holds now, not only to where the store stood.
        for (const SourceOffset& end : log_.durable_end()) target_.next[end.source] = end.next;
    }
    const std::lock_guard lock(mutex_);
    status_.state = ReplayState::running;
    status_.total = records_below(target_.next);
    return asked.whole;
}

Status ReplayJob::step(SinkCommitter& committer) {
    if (piece_.empty()) piece_ = TILLSTREAM_TRY(next_piece());
    if (!piece_.empty()) TILLSTREAM_CHECK(committer.replace(piece_));
    {
        const std::lock_guard lock(mutex_);
        status_.stored += count(piece_);
        status_.passed = records_below(seen_.next);
        status_.error.clear();
    }
    piece_.clear();
    if (read_to_end_ || reached(seen_, target_)) finish();
    return {};
}

Result<std::vector<LogBatch>> ReplayJob::next_piece() {
    if (!reader_) reader_ = TILLSTREAM_TRY(log_.open_reader(seen_.cursor));
    auto read = reader_->read(piece_bytes_);
    if (!read) {
        reader_.reset();
        return failure(read.error());
    }
    std::vector<LogBatch> piece;
    for (LogBatch& batch : read->batches) {
        if (batch.base >= target_.next_of(batch.source)) continue;
        seen_.next[batch.source] = std::min(batch.end(), target_.next_of(batch.source));
        if (sink_.wants(batch) && in_range(batch)) take(std::move(batch), piece);
    }
    for (LogBatch& batch : piece) TILLSTREAM_CHECK(loader_.load(batch));
    seen_.cursor = std::move(read->cursor);
    read_to_end_ = read->batches.empty();
    return piece;
}

bool ReplayJob::in_range(const LogBatch& batch) const {
    return (!range_.from || batch.arrived >= *range_.from) && (!range_.to || batch.arrived < *range_.to);
}

/// What lies beyond the sink's position is not there yet, and comes by itself.
void ReplayJob::take(LogBatch batch, std::vector<LogBatch>& piece) {
    const Offset limit = target_.next_of(batch.source);
    if (batch.end() > limit)
        batch = slice_batch(batch, 0, static_cast<std::uint32_t>(limit.value - batch.base.value));
    piece.push_back(std::move(batch));
}

void ReplayJob::follow(const LogPlace& stored, bool at_end) {
    if (!rebuilding()) return;
    {
        const std::lock_guard lock(mutex_);
        status_.passed = status_.stored = std::min(records_below(stored.next), status_.total);
    }
    if (at_end || reached(stored, target_)) finish();
}

void ReplayJob::failed(const Error& error, bool for_good) {
    const std::lock_guard lock(mutex_);
    status_.error = error.message;
    if (for_good) status_.state = ReplayState::failed;
}

void ReplayJob::finish() {
    reader_.reset();
    const std::lock_guard lock(mutex_);
    status_.state = ReplayState::done;
    status_.passed = status_.total;
}

}  // namespace tillstream
