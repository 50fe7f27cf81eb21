#include "log/internal/sealer.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/own_thread.h"
#include "log/internal/retention.h"

namespace tillstream::journal {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr int kLowestPriority = 19;
constexpr milliseconds kFirstRetry{100};
constexpr milliseconds kLongestRetry{30'000};
constexpr milliseconds kReadersPause{10};
constexpr milliseconds kIdlePause{3'600'000};
constexpr std::int64_t kRetentionMicros = std::int64_t{60} * 1'000'000;

}  // namespace

Sealer::Sealer(Filesystem& fs, Clock& clock, const JournalOptions& options, Logger logger, Metrics& metrics,
               Published& published, SegmentPreparer& preparer, SealedLog& log, const SealedStore& store,
               std::vector<Published::Retired> left)
    : fs_(fs),
      clock_(clock),
      options_(options),
      logger_(std::move(logger)),
      published_(published),
      preparer_(preparer),
      log_(log),
      store_(store),
      hidden_(left.begin(), left.end()),
      scanned_(log.sealed()),
      unsealed_bytes_(
          metrics.gauge("tillstream_log_unsealed_bytes", "Bytes of records that only the journal holds")),
      failing_(metrics.gauge("tillstream_log_seal_failing", "1 while sealing fails and is tried again")),
      passes_(metrics.counter("tillstream_log_seal_passes_total", "Seal passes that were completed")),
      objects_(metrics.counter("tillstream_log_sealed_objects_total", "Objects put by the sealer")),
      object_bytes_(
          metrics.counter("tillstream_log_sealed_bytes_total", "Bytes of the objects put by the sealer")),
      errors_(metrics.counter("tillstream_log_seal_errors_total", "Attempts to seal that failed")),
      recycled_(metrics.counter("tillstream_log_recycled_segments_total", "Segments given back once sealed")),
      removed_(metrics.counter("tillstream_log_removed_objects_total", "Objects removed by retention")) {}

Sealer::~Sealer() { close(false); }

void Sealer::start() {
    thread_ = std::thread([this] { run(); });
}

Status Sealer::seal(milliseconds timeout) {
    const Lsn target = published_.unsealed().last;
    std::unique_lock lock(mutex_);
    requested_ = std::max(requested_, target);
    published_.wake_sealer();
    const bool done = progress_.wait_for(lock, timeout, [&] { return scanned_ > target || closing_; });
    if (scanned_ > target) return {};
    if (done) return failure(Errc::unavailable, "the log is closing");
    if (error_)
        return failure(Errc::unavailable,
                       fmt::format("sealing fails and is tried again: {}", error_->message));
    return failure(Errc::timeout, fmt::format("not everything was sealed within {} ms", timeout.count()));
}

void Sealer::close(bool finish) {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        finish_ = finish_ || finish;
    }
    progress_.notify_all();
    published_.wake_sealer();
    if (thread_.joinable()) thread_.join();
}

void Sealer::run() {
    name_own_thread("log-seal");
    lower_own_priority(kLowestPriority);
    for (;;) {
        published_.wait_to_seal(pause());
        {
            const std::lock_guard lock(mutex_);
            if (closing_) break;
        }
        attempt();
    }
    {
        const std::lock_guard lock(mutex_);
        if (!finish_) return;
        requested_ = published_.unsealed().last;
    }
    retry_at_ = {};
    attempt();
}

milliseconds Sealer::pause() const {
    milliseconds pause = kIdlePause;
    if (published_.unsealed().oldest || options_.retain.count() > 0) pause = options_.seal_check;
    if (!hidden_.empty()) pause = std::min(pause, kReadersPause);
    if (retry_pause_.count() != 0) {
        const auto left = std::chrono::duration_cast<milliseconds>(retry_at_ - SteadyClock::now());
        pause = std::clamp(left + milliseconds{1}, milliseconds{1}, kLongestRetry);
    }
    return pause;
}

void Sealer::attempt() {
    reclaim();
    if (SteadyClock::now() < retry_at_) return;
    const Status done = work();
    unsealed_bytes_.set(static_cast<double>(published_.unsealed().bytes));
    if (!done) return failed(done.error());
    if (retry_pause_.count() != 0) logger_.info("sealing goes on");
    retry_pause_ = milliseconds{0};
    retry_at_ = {};
    failing_.set(0);
    const std::lock_guard lock(mutex_);
    error_.reset();
}

void Sealer::failed(const Error& error) {
    errors_.add();
    failing_.set(1);
    if (retry_pause_.count() == 0)
        logger_.warn("sealing fails and is tried again; the journal grows meanwhile",
                     {{"error", error.message}});
    retry_pause_ = std::clamp(retry_pause_ * 2, kFirstRetry, kLongestRetry);
    retry_at_ = SteadyClock::now() + retry_pause_;
    const std::lock_guard lock(mutex_);
    error_ = error;
}

Status Sealer::work() {
    if (!built_)
        if (const PassPtr begun = log_.unfinished()) TILLSTREAM_CHECK(take_up(*begun));
    if (built_) TILLSTREAM_CHECK(put_pass());
    recycle();
    while (TILLSTREAM_TRY(seal_once())) recycle();
    recycle();
    return apply_retention();
}

/// What there is reason to seal now; nothing if there is none.
std::optional<PassLimits> Sealer::due() {
    const Unsealed unsealed = published_.unsealed();
    PassLimits limits;
    limits.volume = {options_.seal_bytes, options_.seal_total_bytes};
    std::optional<Lsn> asked;
    {
        const std::lock_guard lock(mutex_);
        if (unsealed.last < scanned_) return std::nullopt;
        if (requested_ >= scanned_) asked = requested_;
    }
    const bool tight = hidden_.empty() && preparer_.short_of_room();
    if (unsealed.full || tight) return limits;
    // Not to the log's end: under load that moves on, and somebody waits.
    if (asked) {
        limits.asked = asked;
        return limits;
    }
    const Timestamp now = hour_of(clock_.now());
    if (!unsealed.oldest || now <= hour_of(*unsealed.oldest)) return std::nullopt;
    limits.before = now;
    return limits;
}

/// False if there was nothing to seal.
Result<bool> Sealer::seal_once() {
    const auto limits = due();
    if (!limits) return false;
    BuiltPass built = TILLSTREAM_TRY(build(log_.sealed(), {}, *limits));
    // A gap is recorded for ever: only what cannot be read twice is damage.
    if (!built.pass.gaps.empty()) built = TILLSTREAM_TRY(build(log_.sealed(), {}, *limits));
    if (built.pass.objects.empty() && built.pass.gaps.empty()) {
        sealed(built, built.pass.to);
        return false;
    }
    built.pass.number = log_.next_number();
    TILLSTREAM_CHECK(log_.record(built.pass));
    built_ = std::move(built);
    TILLSTREAM_CHECK(put_pass());
    return true;
}

Result<BuiltPass> Sealer::build(Lsn from, std::vector<CutObject> kept, PassLimits limits) const {
    PassBuilder builder(store_.uuid, store_.sources, from, log_.ends(), std::move(kept), limits);
    return builder.build(fs_, published_);
}

/// A pass that a crash or a stop left unfinished: what is in the store stays, the rest is built again.
Status Sealer::take_up(const Pass& pass) {
    std::vector<CutObject> kept;
    bool damaged = false;
    for (const CutObject& object : pass.objects) {
        auto whole = is_whole(object);
        if (!whole && whole.error().code == Errc::not_found) continue;
        if (!whole) return failure(std::move(whole).error());
        damaged = damaged || !*whole;
        TILLSTREAM_CHECK(put_again(object));
        kept.push_back(object);
    }
    PassLimits limits;
    limits.to = pass.to;
    BuiltPass built = TILLSTREAM_TRY(build(pass.from, std::move(kept), limits));
    built.pass.number = pass.number;
    built.pass.pinned = built.pass.pinned || pass.pinned || damaged;
    if (built.pass.objects != pass.objects || built.pass.gaps != pass.gaps)
        TILLSTREAM_CHECK(log_.record(built.pass));
    built_ = std::move(built);
    return {};
}

Status Sealer::put_pass() {
    for (std::size_t i = 0; i < built_->objects.size(); ++i) {
        if (built_->objects[i].empty()) continue;
        TILLSTREAM_CHECK(put(built_->pass.objects[i], built_->objects[i]));
        built_->objects[i] = {};
    }
    TILLSTREAM_CHECK(log_.finish(built_->pass.pinned));
    passes_.add();
    next_retention_ = {};
    const BuiltPass built = *std::exchange(built_, std::nullopt);
    sealed(built, built.pass.to);
    return {};
}

Status Sealer::put(const CutObject& object, const std::string& bytes) {
    const std::string name = sealed_object_name(sealed_id(store_, object));
    const PutOutcome outcome = TILLSTREAM_TRY(store_.objects.put_if_absent(name, bytes));
    if (outcome == PutOutcome::created) {
        objects_.add();
        object_bytes_.add(static_cast<double>(bytes.size()));
        return {};
    }
    const std::string stored = TILLSTREAM_TRY(store_.objects.get(name, 0, bytes.size() + 1));
    // Another version of the compressor may have written the same records in other bytes.
    if (stored == bytes || TILLSTREAM_TRY(is_whole(object))) return {};
    built_->pass.pinned = true;
    return {};
}

/// What a crash cut off in its put can be read, and may yet be lost: only a put that returned is durable.
Status Sealer::put_again(const CutObject& object) {
    const std::string name = sealed_object_name(sealed_id(store_, object));
    const std::string bytes = TILLSTREAM_TRY(store_.objects.get(name, 0, object.stored_bytes));
    static_cast<void>(TILLSTREAM_TRY(store_.objects.put_if_absent(name, bytes)));
    return {};
}

/// Whether every record of an object can be read; not_found if it is not there.
Result<bool> Sealer::is_whole(const CutObject& object) const {
    const std::string name = sealed_object_name(sealed_id(store_, object));
    const auto lost = [&](const std::string& reason) {
        logger_.error("a sealed object is not what was written; its journal segments are kept",
                      {{"object", name}, {"error", reason}});
        return false;
    };
    auto reader = SealedObjectReader::open(store_.objects, name);
    if (!reader && reader.error().code == Errc::corruption) return lost(reader.error().message);
    if (!reader) return failure(std::move(reader).error());
    // Of a log that lay here before: its records under our name.
    if (!((*reader)->id().log == store_.uuid)) return lost("it belongs to another log");
    Offset next = object.first;
    for (;;) {
        auto step = (*reader)->next();
        if (!step && step.error().code == Errc::corruption) return lost(step.error().message);
        if (!step) return failure(std::move(step).error());
        if (!step->gaps.empty()) return lost(step->gaps.front().reason);
        if (!step->batch) break;
        if (step->batch->batch.base != next) return lost("records are missing");
        next = step->batch->batch.end();
    }
    if (next.value != object.last.value + 1) return lost("it holds other records than its cut says");
    return true;
}

void Sealer::sealed(const BuiltPass& built, Lsn scanned) {
    published_.sealed_to(scanned, built.volumes, built.next_arrival);
    {
        const std::lock_guard lock(mutex_);
        scanned_ = std::max(scanned_, scanned);
    }
    progress_.notify_all();
}

/// Gives back sealed segments beyond what is kept for readers, and more where room is short.
void Sealer::recycle() {
    reclaim();
    const Lsn sealed = log_.sealed();
    while (published_.sealed_segment_bytes(sealed) > options_.keep_bytes ||
           (hidden_.empty() && preparer_.short_of_room())) {
        auto retired = published_.retire_oldest(sealed);
        if (!retired) break;
        hidden_.push_back(*std::move(retired));
        reclaim();
    }
}

void Sealer::reclaim() {
    std::uint64_t pinned_bytes = 0;
    for (const auto& retired : pinned_) pinned_bytes += retired.segment.file_bytes;
    while (!hidden_.empty() && published_.unread(hidden_.front())) {
        pinned_bytes += hidden_.front().segment.file_bytes;
        pinned_.push_back(std::move(hidden_.front()));
        hidden_.pop_front();
        const ReadableSegment& segment = pinned_.back().segment;
        if (segment.readable && !log_.pins(segment.first, segment.last)) {
            pinned_bytes -= segment.file_bytes;
            preparer_.recycle(segment.path, segment.file_bytes);
            recycled_.add();
            pinned_.pop_back();
        }
    }
    // Damage may not take the room of new records.
    while (pinned_bytes > options_.budget_bytes / 4) {
        const ReadableSegment& oldest = pinned_.front().segment;
        logger_.warn("a damaged segment is given up: damage takes too much of log.budget_bytes",
                     {{"path", oldest.path}});
        pinned_bytes -= oldest.file_bytes;
        preparer_.recycle(oldest.path, oldest.file_bytes);
        pinned_.pop_front();
    }
}

/// What is removed may not be read from the journal either.
void Sealer::leave_segments(const std::vector<CutObject>& victims) {
    Lsn last;
    for (const CutObject& victim : victims) last = std::max(last, victim.last_group);
    while (published_.segment_range().first <= last) {
        auto retired = published_.retire_oldest(log_.sealed());
        if (!retired) break;
        hidden_.push_back(*std::move(retired));
    }
    reclaim();
}

/// After every pass, and now and then.
Status Sealer::apply_retention() {
    const Timestamp now = clock_.now();
    if (now < next_retention_ || (options_.retain.count() == 0 && options_.retain_bytes == 0)) return {};
    const RetentionRule rule{options_.retain, options_.retain_bytes};
    const Position needed = options_.needed ? options_.needed() : Position{};
    const Position* bound = options_.needed ? &needed : nullptr;
    const std::vector<PassPtr> passes = log_.passes();
    const std::vector<CutObject> victims =
        removable(passes, store_.sources(), rule, now, bound, published_.segment_range().second);
    if (!victims.empty()) {
        leave_segments(victims);
        TILLSTREAM_CHECK(log_.mark_removed(victims));
    }
    bool any = false;
    for (const PassPtr& pass : log_.passes()) {
        for (const CutObject& object : pass->objects) {
            if (!object.removed) continue;
            TILLSTREAM_CHECK(store_.objects.remove(sealed_object_name(sealed_id(store_, object))));
            removed_.add();
            any = true;
        }
    }
    if (any) TILLSTREAM_CHECK(log_.forget_removed());
    next_retention_ = Timestamp{now.micros + kRetentionMicros};
    return {};
}

}  // namespace tillstream::journal
