#include "delivery/sink_runner.h"

#include <algorithm>
#include <future>

#include "core/thread_priority.h"
#include "delivery/batch_slice.h"
#include "quarantine/sink_reject.h"

namespace tillstream {

namespace {

constexpr std::chrono::milliseconds kEndOfLogWait{200};
/// A position that moved without anything to store is written this often only.
constexpr std::chrono::seconds kSkippedPositionAge{1};

std::string encode(const std::map<SourceId, Offset>& reached) {
    Position position;
    for (const auto& [source, next] : reached) position.push_back({source, next});
    return encode_position(position);
}

}  // namespace

std::string_view to_string(SinkState state) {
    switch (state) {
        case SinkState::running: return "running";
        case SinkState::paused: return "paused";
        case SinkState::retrying: return "retrying";
        case SinkState::stopped: return "stopped";
    }
    return "stopped";
}

SinkRunner::SinkRunner(Sink& sink, SinkPolicy policy, const SinkSurroundings& around)
    : sink_(sink),
      policy_(policy),
      around_(around),
      memory_(around.fs, around.state_dir, sink.name()),
      loader_(around.contracts),
      committed_records_(around_.metrics.counter("tillstream_sink_records_total",
                                                 "Records committed by a sink.",
                                                 {{"sink", std::string(sink.name())}})),
      commit_failures_(around_.metrics.counter("tillstream_sink_failures_total",
                                               "Commits a sink refused or failed.",
                                               {{"sink", std::string(sink.name())}})),
      commit_seconds_(around_.metrics.histogram("tillstream_sink_commit_seconds",
                                                "Duration of a sink's commit.", latency_buckets(),
                                                {{"sink", std::string(sink.name())}})) {
    around_.logger = around.logger.named("delivery");
}

SinkRunner::~SinkRunner() { stop(); }

Status SinkRunner::start() {
    TILLSTREAM_CHECK(memory_.load());
    paused_ = memory_.paused();
    if (paused_) set_state(SinkState::paused, "");
    thread_ = std::thread([this] { run(); });
    return {};
}

void SinkRunner::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (!thread_.joinable()) return;
    thread_.join();
    if (const Status ended = memory_.end_run(); !ended) {
        around_.logger.warn("could not note the clean end of a sink",
                            {{"sink", sink_.name()}, {"error", ended.error().message}});
    }
}

Status SinkRunner::pause() {
    const std::lock_guard lock(mutex_);
    TILLSTREAM_CHECK(memory_.set_paused(true));
    paused_ = true;
    if (state_ != SinkState::stopped) state_ = SinkState::paused;
    return {};
}

Status SinkRunner::resume() {
    {
        const std::lock_guard lock(mutex_);
        TILLSTREAM_CHECK(memory_.set_paused(false));
        paused_ = false;
        if (state_ == SinkState::paused) state_ = SinkState::running;
    }
    wake_.notify_all();
    return {};
}

SinkStatus SinkRunner::status() const {
    std::unique_lock lock(mutex_);
    SinkStatus status{std::string(sink_.name()), state_, error_, 0, 0, oldest_waiting_};
    const std::string cursor = visible_cursor_;
    lock.unlock();
    status.lag_bytes = around_.log.bytes_behind(cursor);
    if (status.oldest_waiting) {
        const std::int64_t age = around_.clock.now().micros - status.oldest_waiting->micros;
        status.lag_seconds = static_cast<double>(std::max<std::int64_t>(age, 0)) / 1e6;
    }
    return status;
}

void SinkRunner::run() {
    lower_own_priority();
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            if (stopping_ || state_ == SinkState::stopped) break;
        }
        if (reader_ || open()) step();
    }
    if (reader_ && reached_cursor_ != stored_cursor_) {
        if (const Status noted = commit_skipped(); !noted) {
            around_.logger.info("the last position of a sink was not written; it will be read again",
                                {{"sink", sink_.name()}, {"error", noted.error().message}});
        }
    }
}

bool SinkRunner::open() {
    auto positions = sink_.positions();
    if (!positions) {
        retry_later(positions.error());
        return false;
    }
    progress_.reset(*positions);
    const Position end = around_.log.durable_end();
    for (const SinkPosition& position : *positions) {
        const bool known = std::any_of(end.begin(), end.end(), [&](const SourceOffset& source) {
            return source.source == position.source && position.next <= source.next;
        });
        if (known) continue;
        set_state(SinkState::stopped, "log-truncated: position " + std::to_string(position.next.value) +
                                          " of source " + std::to_string(position.source.value) +
                                          " lies beyond the end of the log");
        return false;
    }
    const std::string cursor = positions->empty() ? std::string() : positions->front().cursor;
    const bool one_cursor = std::all_of(positions->begin(), positions->end(),
                                        [&](const SinkPosition& p) { return p.cursor == cursor; });
    stored_cursor_ = one_cursor ? cursor : std::string();
    stored_.clear();
    for (const SinkPosition& position : *positions) stored_[position.source] = position.next;
    reached_ = stored_;
    reached_cursor_ = stored_cursor_;
    pending_.clear();
    auto reader = around_.log.open_reader(stored_cursor_);
    auto mode = reader ? memory_.begin_run(encode(stored_)) : Result<SinkMemory::Mode>{};
    if (!reader || !mode) {
        retry_later(reader ? mode.error() : reader.error());
        return false;
    }
    reader_ = std::move(*reader);
    mode_ = *mode;
    const std::lock_guard lock(mutex_);
    visible_cursor_ = stored_cursor_;
    return true;
}

void SinkRunner::step() {
    if (pending_.empty()) {
        if (const Status read = read_chunk(); !read) return retry_later(read.error());
    }
    {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stopping_ || !paused_; });
        if (stopping_) return;
    }
    if (!pending_.empty()) return commit_pending();
    if (skipped_is_due()) {
        if (const Status done = commit_skipped(); !done) retry_later(done.error());
    }
}

Status SinkRunner::read_chunk() {
    LogRead read = TILLSTREAM_TRY(reader_->read(policy_.chunk_bytes));
    for (const Gap& gap : read.gaps) {
        around_.logger.error("a part of the log is damaged and was passed over",
                             {{"sink", sink_.name()},
                              {"source", std::uint64_t{gap.source.value}},
                              {"from", gap.from.value},
                              {"to", gap.to.value},
                              {"reason", gap.reason}});
    }
    if (read.batches.empty()) {
        around_.log.wait_for_more(read.cursor, kEndOfLogWait);
        return {};
    }
    take(std::move(read));
    for (LogBatch& batch : pending_) TILLSTREAM_CHECK(loader_.load(batch));
    return {};
}

/// Sorts a chunk into what the sink stores (pending_) and what it only passes by.
void SinkRunner::take(LogRead read) {
    pending_end_ = reached_;
    for (LogBatch& batch : read.batches) {
        Offset& end = pending_end_[batch.source];
        if (batch.end() <= end) continue;
        if (batch.base < end) {
            batch =
                slice_batch(batch, static_cast<std::uint32_t>(end.value - batch.base.value), batch.count());
        }
        end = batch.end();
        if (sink_.wants(batch)) pending_.push_back(std::move(batch));
    }
    pending_cursor_ = std::move(read.cursor);
    if (pending_.empty()) {
        reached_ = pending_end_;
        reached_cursor_ = pending_cursor_;
        progress_.advance(reached_);
    }
    const std::lock_guard lock(mutex_);
    visible_cursor_ = reached_cursor_;
    oldest_waiting_ = pending_.empty() ? std::nullopt : std::optional(pending_.front().arrived);
}

bool SinkRunner::skipped_is_due() const {
    return reached_cursor_ != stored_cursor_ && around_.clock.steady() - stored_at_ >= kSkippedPositionAge;
}

Status SinkRunner::commit_skipped() { return commit_to_store({}, reached_, reached_cursor_); }

void SinkRunner::commit_pending() {
    const auto began = around_.clock.steady();
    Status outcome;
    if (mode_ == SinkMemory::Mode::batches) {
        outcome = commit_to_store(pending_, pending_end_, pending_cursor_);
        if (!outcome && outcome.error().code == Errc::invalid_argument) outcome = isolate();
    } else {
        outcome = commit_one_by_one();
    }
    if (!outcome && outcome.error().code == Errc::conflict) {
        around_.logger.warn("a sink moved under its reader; reading its positions again",
                            {{"sink", sink_.name()}, {"error", outcome.error().message}});
        reader_.reset();
        return;
    }
    if (!outcome) return retry_later(outcome.error());
    commit_seconds_.observe(std::chrono::duration<double>(around_.clock.steady() - began).count());
    chunk_done();
}

Status SinkRunner::commit_to_store(const std::vector<LogBatch>& batches, const Reached& to,
                                   const std::string& cursor) {
    SinkBatch commit{batches, {}};
    for (const SourceInfo& source : around_.log.sources()) {
        const auto end = to.find(source.id);
        const auto from = stored_.find(source.id);
        if (end == to.end()) continue;
        commit.ranges.push_back(
            {source.id, from == stored_.end() ? Offset{0} : from->second, end->second, cursor});
    }
    TILLSTREAM_CHECK(sink_.commit(commit, around_.epoch));
    stored_ = to;
    stored_cursor_ = cursor;
    stored_at_ = around_.clock.steady();
    progress_.advance(to);
    std::size_t records = 0;
    for (const LogBatch& batch : batches) records += batch.count();
    committed_records_.add(static_cast<double>(records));
    return {};
}

void SinkRunner::chunk_done() {
    reached_ = pending_end_;
    reached_cursor_ = pending_cursor_;
    pending_.clear();
    retry_ = std::chrono::milliseconds{0};
    const std::lock_guard lock(mutex_);
    visible_cursor_ = reached_cursor_;
    oldest_waiting_.reset();
    error_.clear();
    if (state_ == SinkState::retrying) state_ = SinkState::running;
}

/// After deaths at this place: one record a commit, each under a durable mark.
Status SinkRunner::commit_one_by_one() {
    Reached at = reached_;
    bool first = true;
    for (std::size_t b = 0; b < pending_.size(); ++b) {
        for (std::uint32_t i = 0; i < pending_[b].count(); ++i) {
            const LogBatch record = slice_batch(pending_[b], i, i + 1);
            Reached to = at;
            to[record.source] = record.end();
            if (stored_[record.source] >= record.end()) continue;
            TILLSTREAM_CHECK(memory_.mark_attempt(encode(stored_)));
            const bool killer = first && mode_ == SinkMemory::Mode::refuse_first;
            first = false;
            Status outcome =
                killer
                    ? Status(failure(Errc::invalid_argument, "the process died three times on this record"))
                    : commit_to_store({record}, to, stored_cursor_);
            if (!outcome && outcome.error().code == Errc::invalid_argument) {
                TILLSTREAM_CHECK(append_rejects({{b, i, outcome.error().message}}));
                outcome = commit_to_store({}, to, stored_cursor_);
            }
            if (!outcome) return outcome;
            at = to;
        }
    }
    TILLSTREAM_CHECK(memory_.mark_attempt(""));
    mode_ = SinkMemory::Mode::batches;
    return commit_to_store({}, pending_end_, pending_cursor_);
}

/// The sink called the chunk bad data: find which records, put them on record, store the rest.
Status SinkRunner::isolate() {
    const std::vector<BadRecord> bad = TILLSTREAM_TRY(find_bad_records(sink_, pending_, policy_.sick));
    if (bad.empty())
        return failure(Errc::unavailable, "sink refused a commit that it then rehearsed without error");
    TILLSTREAM_CHECK(append_rejects(bad));
    return commit_to_store(without_records(pending_, bad), pending_end_, pending_cursor_);
}

Status SinkRunner::append_rejects(const std::vector<BadRecord>& bad) {
    std::vector<SinkReject> rejects;
    for (const BadRecord& record : bad) {
        const LogBatch& batch = pending_[record.batch];
        const Offset offset{batch.base.value + record.index};
        rejects.push_back({std::string(sink_.name()), "", ShardId{}, batch.source, offset, batch.contract,
                           record.error, std::string(batch.records->value(record.index))});
        for (const SourceInfo& source : around_.log.sources()) {
            if (source.id != batch.source) continue;
            rejects.back().stream = source.stream;
            rejects.back().shard = source.shard;
        }
        around_.logger.error("a sink refused a record that was accepted; it goes to quarantine",
                             {{"sink", sink_.name()},
                              {"stream", rejects.back().stream},
                              {"shard", std::uint64_t{rejects.back().shard.value}},
                              {"offset", offset.value},
                              {"error", record.error}});
    }
    std::vector<LogBatch> batches;
    batches.push_back(sink_reject_batch(around_.system_source, rejects));
    auto done = std::make_shared<std::promise<Result<Appended>>>();
    auto outcome = done->get_future();
    around_.log.append(std::move(batches),
                       [done](Result<Appended> appended) { done->set_value(std::move(appended)); });
    auto appended = outcome.get();
    if (!appended) return failure(std::move(appended).error());
    return {};
}

void SinkRunner::retry_later(const Error& error) {
    commit_failures_.add();
    if (error.code == Errc::corruption) {
        around_.logger.error("a sink stopped", {{"sink", sink_.name()}, {"error", error.message}});
        return set_state(SinkState::stopped, error.message);
    }
    if (retry_.count() == 0) {
        around_.logger.warn("a sink failed and is retried",
                            {{"sink", sink_.name()}, {"error", error.message}});
    }
    retry_ = std::clamp(retry_ * 2, policy_.retry_first, policy_.retry_max);
    set_state(SinkState::retrying, error.message);
    sleep(retry_);
}

void SinkRunner::set_state(SinkState state, std::string error) {
    const std::lock_guard lock(mutex_);
    state_ = state == SinkState::retrying && paused_ ? SinkState::paused : state;
    error_ = std::move(error);
}

void SinkRunner::sleep(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, time, [&] { return stopping_; });
}

}  // namespace tillstream
