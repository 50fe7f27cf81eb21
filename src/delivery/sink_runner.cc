#include "delivery/sink_runner.h"

#include <algorithm>
#include <utility>

#include "core/own_thread.h"

namespace tillstream {

namespace {

constexpr std::chrono::milliseconds kEndOfLogWait{200};
/// A place that moved without anything to store is written this often only.
constexpr std::chrono::seconds kSkippedPlaceAge{1};

/// A replacement costs the store a search for what it replaces: larger pieces than commits have.
constexpr std::size_t kReplayPieces = 4;

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
      committed_records_(around_.metrics.counter("tillstream_sink_records_total",
                                                 "Records committed by a sink.",
                                                 {{"sink", std::string(sink.name())}})),
      commit_failures_(around_.metrics.counter("tillstream_sink_failures_total",
                                               "Commits a sink refused or failed.",
                                               {{"sink", std::string(sink.name())}})),
      commit_seconds_(around_.metrics.histogram("tillstream_sink_commit_seconds",
                                                "Duration of a sink's commit.", latency_buckets(),
                                                {{"sink", std::string(sink.name())}})),
      committer_(sink, around.log, around.epoch, around.system_source, policy.sick,
                 around.logger.named("delivery")),
      reader_(around.log, around.contracts, sink, policy.chunk_bytes),
      replay_(around.log, around.contracts, sink, policy.chunk_bytes * kReplayPieces) {
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
    progress_.close();
    if (!thread_.joinable()) return;
    thread_.join();
    if (const Status ended = memory_.end_run(); !ended) {
        around_.logger.warn("could not note the clean end of a sink",
                            {{"sink", sink_.name()}, {"error", ended.error().message}});
    }
}

Status SinkRunner::pause() {
    TILLSTREAM_CHECK(memory_.set_paused(true));
    const std::lock_guard lock(mutex_);
    paused_ = true;
    if (state_ != SinkState::stopped) state_ = SinkState::paused;
    return {};
}

Status SinkRunner::resume() {
    TILLSTREAM_CHECK(memory_.set_paused(false));
    {
        const std::lock_guard lock(mutex_);
        paused_ = false;
        if (state_ == SinkState::paused) state_ = SinkState::running;
    }
    wake_.notify_all();
    return {};
}

Status SinkRunner::replay(const ReplayRange& range) {
    TILLSTREAM_CHECK(replay_.request(range));
    wake_.notify_all();
    return {};
}

ReplayStatus SinkRunner::replay_status() const {
    ReplayStatus status = replay_.status();
    const std::lock_guard lock(mutex_);
    if (paused_ && replay_.active()) status.error = "the sink is paused: resume it to let the replay go on";
    return status;
}

SinkStatus SinkRunner::status() const {
    std::unique_lock lock(mutex_);
    SinkStatus status{std::string(sink_.name()), state_, error_, 0, 0, oldest_waiting_};
    const std::string cursor = visible_cursor_;
    const Timestamp since = state_since_;
    lock.unlock();
    status.lag_bytes = around_.log.bytes_behind(cursor);
    // A sink that cannot even be read from knows no record's age: it is behind at least since it failed.
    if (!status.oldest_waiting && status.lag_bytes > 0 && !status.error.empty())
        status.oldest_waiting = since;
    if (status.oldest_waiting) {
        const std::int64_t age = around_.clock.now().micros - status.oldest_waiting->micros;
        status.lag_seconds = static_cast<double>(std::max<std::int64_t>(age, 0)) / 1e6;
    }
    return status;
}

bool SinkRunner::stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_ || state_ == SinkState::stopped;
}

bool SinkRunner::interrupted() const {
    const std::lock_guard lock(mutex_);
    return stopping_ || paused_ || state_ == SinkState::stopped;
}

void SinkRunner::run() {
    name_own_thread("sink-" + std::string(name()));
    lower_own_priority();
    while (!stopping()) {
        if (!open_ && !open()) continue;
        replay_step();
        if (open_) step();
    }
    commit_last_place();
}

bool SinkRunner::open() {
    if (const Status opened = committer_.open(); !opened) {
        recover(opened.error());
        return false;
    }
    pending_.reset();
    reader_.move_to(committer_.stored());
    progress_.reset(committer_.stored().next);
    open_ = true;
    const std::lock_guard lock(mutex_);
    visible_cursor_ = committer_.stored().cursor;
    return true;
}

/// One piece between two normal commits: neither waits long for the other.
void SinkRunner::replay_step() {
    {
        const std::lock_guard lock(mutex_);
        if (paused_) return;
    }
    if (!replay_.active()) return;
    const auto begun = replay_.begin(committer_.stored());
    Status done = begun ? Status{} : failure(begun.error());
    if (begun && *begun) open_ = false;  // emptied: ask the store where it stands
    if (done && !replay_.rebuilding()) done = replay_.step(committer_);
    if (done) return;
    replay_.failed(done.error(), !retryable(done.error().code));
    recover(done.error());
}

void SinkRunner::step() {
    if (!pending_) {
        if (const Status begun = begin_run(); !begun) return recover(begun.error());
        auto chunk = next_chunk();
        if (!chunk) return recover(chunk.error());
        if (chunk->batches.empty()) return pass_by(*chunk);
        pending_ = std::move(*chunk);
        const std::lock_guard lock(mutex_);
        oldest_waiting_ = pending_->batches.front().arrived;
    }
    {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stopping_ || !paused_; });
        if (stopping_) return;
    }
    if (const Status done = commit(*pending_); !done) return recover(done.error());
    pending_.reset();
    succeeded();
}

/// A run begins with its first work: a process that ends before has not died of a record.
Status SinkRunner::begin_run() {
    if (counted_run_ || around_.log.bytes_behind(reader_.place().cursor) == 0) return {};
    care_ = TILLSTREAM_TRY(memory_.begin_run(encode_position(committer_.stored().position())));
    counted_run_ = true;
    return {};
}

Result<Chunk> SinkRunner::next_chunk() {
    Chunk chunk = TILLSTREAM_TRY(reader_.read());
    for (const Gap& gap : chunk.gaps) {
        around_.logger.error("a part of the log is damaged and was passed over",
                             {{"sink", sink_.name()},
                              {"source", std::uint64_t{gap.source.value}},
                              {"from", gap.from.value},
                              {"to", gap.to.value},
                              {"reason", gap.reason}});
    }
    return chunk;
}

/// Nothing in it for this sink: its readers need not wait for a write.
void SinkRunner::pass_by(const Chunk& chunk) {
    if (!chunk.at_end) {
        progress_.advance(chunk.end.next);
        const std::lock_guard lock(mutex_);
        visible_cursor_ = chunk.end.cursor;
    }
    replay_.follow(chunk.end, chunk.at_end);
    if (skipped_is_due()) {
        if (const Status done = committer_.commit_place(reader_.place()); !done) return recover(done.error());
        stored_at_ = around_.clock.steady();
        succeeded();
    }
    if (chunk.at_end && !replay_.active()) around_.log.wait_for_more(chunk.end.cursor, kEndOfLogWait);
}

bool SinkRunner::skipped_is_due() const {
    return reader_.place().next != committer_.stored().next &&
           around_.clock.steady() - stored_at_ >= kSkippedPlaceAge;
}

Status SinkRunner::commit(const Chunk& chunk) {
    const auto began = around_.clock.steady();
    if (care_.needed()) {
        TILLSTREAM_CHECK(
            committer_.commit_in_pieces(chunk, memory_, care_, [this] { return interrupted(); }));
        care_ = {};
    } else {
        TILLSTREAM_CHECK(committer_.commit(chunk));
    }
    stored_at_ = around_.clock.steady();
    commit_seconds_.observe(std::chrono::duration<double>(stored_at_ - began).count());
    std::size_t records = 0;
    for (const LogBatch& batch : chunk.batches) records += batch.count();
    committed_records_.add(static_cast<double>(records));
    progress_.advance(chunk.end.next);
    replay_.follow(chunk.end, false);
    const std::lock_guard lock(mutex_);
    visible_cursor_ = chunk.end.cursor;
    oldest_waiting_.reset();
    return {};
}

/// What was passed by since the last commit need not be read again after the next start.
void SinkRunner::commit_last_place() {
    if (!open_ || pending_ || reader_.place().next == committer_.stored().next) return;
    if (const Status noted = committer_.commit_place(reader_.place()); !noted) {
        around_.logger.info("the last place of a sink was not written; it will be read again",
                            {{"sink", sink_.name()}, {"error", noted.error().message}});
    }
}

void SinkRunner::recover(const Error& error) {
    if (error.code == Errc::cancelled) return;
    commit_failures_.add();
    if (error.code == Errc::corruption) {
        around_.logger.error("a sink stopped", {{"sink", sink_.name()}, {"error", error.message}});
        return set_state(SinkState::stopped, error.message);
    }
    if (retry_.count() == 0) {
        around_.logger.warn("a sink failed and is retried",
                            {{"sink", sink_.name()}, {"error", error.message}});
    }
    if (error.code == Errc::conflict) {
        open_ = false;  // the store has moved: ask it where it stands
        if (!std::exchange(conflicted_, true)) return;
    }
    retry_ = std::clamp(retry_ * 2, policy_.retry_first, policy_.retry_max);
    set_state(SinkState::retrying, error.message);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, retry_, [&] { return stopping_; });
}

void SinkRunner::succeeded() {
    retry_ = std::chrono::milliseconds{0};
    conflicted_ = false;
    const std::lock_guard lock(mutex_);
    error_.clear();
    if (state_ == SinkState::retrying) state_ = paused_ ? SinkState::paused : SinkState::running;
}

void SinkRunner::set_state(SinkState state, std::string error) {
    const Timestamp now = around_.clock.now();
    const std::lock_guard lock(mutex_);
    if (error_.empty() && !error.empty()) state_since_ = now;
    state_ = state == SinkState::retrying && paused_ ? SinkState::paused : state;
    error_ = std::move(error);
}

}  // namespace tillstream
