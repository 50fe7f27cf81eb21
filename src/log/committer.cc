#include "log/internal/committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/assert.h"
#include "core/digest.h"
#include "core/own_thread.h"

namespace tillstream::journal {

namespace {

/// A checkpoint of kMaxSources, with its padding.
constexpr std::size_t kLargestCheckpoint = std::size_t{2} << 20;

}  // namespace

Committer::Committer(Filesystem& fs, Clock& clock, std::string dir, const JournalOptions& options,
                     Logger logger, Metrics& metrics, SegmentPreparer& preparer, Published& published,
                     Start start)
    : clock_(clock),
      options_(options),
      logger_(std::move(logger)),
      preparer_(preparer),
      published_(published),
      writer_(fs, std::move(dir), start.last_lsn, start.last_crc),
      next_segment_(start.segment),
      ends_(std::move(start.ends)),
      stored_(published.stored()),
      group_(options.group_bytes + kLargestCheckpoint),
      groups_(metrics.counter("tillstream_log_groups_total", "Groups written and flushed to the journal")),
      records_(metrics.counter("tillstream_log_records_total", "Records made durable in the journal")),
      stored_bytes_(
          metrics.counter("tillstream_log_stored_bytes_total", "Bytes written to the journal, with padding")),
      refused_(metrics.counter("tillstream_log_refused_total",
                               "Requests refused for lack of queue or disk space")),
      flush_seconds_(metrics.histogram("tillstream_log_flush_seconds",
                                       "Time of one write and flush of a group", latency_buckets())) {
    for (const SourceEnd& end : ends_.ends()) last_arrived_ = std::max(last_arrived_, end.arrived);
}

Committer::~Committer() { close(); }

Status Committer::start() {
    Status begun = make_room(0);
    if (begun) begun = write_mark(kGroupSeal);
    if (!begun && begun.error().code != Errc::resource_exhausted) return begun;
    if (!begun) logger_.warn("the journal has no room", {{"error", begun.error().message}});
    if (begun && !writer_.direct())
        logger_.warn("the file system refuses O_DIRECT: the journal writes buffered",
                     {{"path", writer_.path()}});
    thread_ = std::thread([this] { run(); });
    return {};
}

void Committer::submit(AppendRequest request) {
    const std::size_t bytes = request.bytes;
    if (queued_bytes_.fetch_add(bytes) + bytes > options_.queue_bytes) {
        queued_bytes_.fetch_sub(bytes);
        refused_.add();
        request.done(failure(Errc::unavailable, fmt::format("the log's queue of {} bytes is full: try again",
                                                            options_.queue_bytes)));
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        if (!closing_ && !failed_) {
            queue_.push_back(std::move(request));
            if (std::exchange(sleeping_, false)) work_.notify_one();
            return;
        }
    }
    queued_bytes_.fetch_sub(bytes);
    request.done(failure(Errc::unavailable, "the log takes no more records: it is closing or has failed"));
}

void Committer::close() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        sleeping_ = false;
        work_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

bool Committer::failed() const {
    const std::lock_guard lock(mutex_);
    return failed_;
}

Committer::Wake Committer::wait_for_work() {
    std::unique_lock lock(mutex_);
    if (queue_.empty() && !closing_) {
        sleeping_ = true;
        const auto awake = [this] { return !sleeping_; };
        if (!unsealed_) {
            work_.wait(lock, awake);
        } else if (!work_.wait_for(lock, options_.idle_seal, awake)) {
            sleeping_ = false;
            return Wake::idle;
        }
    }
    if (queue_.empty()) return Wake::closing;
    taken_.swap(queue_);
    return Wake::work;
}

void Committer::run() {
    name_own_thread("log-commit");
    for (;;) {
        const Wake wake = wait_for_work();
        Status marked;
        if (wake == Wake::work) {
            commit_taken();
            taken_.clear();
        } else {
            marked = write_mark(wake == Wake::idle ? kGroupSeal : kGroupClean);
        }
        if (!marked) fail(0, marked.error());
        if (failed_) return;
        if (wake == Wake::closing) break;
    }
    published_.close();
}

void Committer::commit_taken() {
    std::size_t first = 0;
    while (first < taken_.size() && !failed_) {
        const Status room = make_room(taken_[first].bytes);
        if (!room && room.error().code != Errc::resource_exhausted &&
            room.error().code != Errc::unavailable) {
            fail(first, room.error());
            return;
        }
        const std::size_t last = room ? fill_group(first) : first + 1;
        if (room) {
            commit_requests(first, last);
        } else {
            refuse(first, last, room.error());
        }
        first = last;
    }
}

/// Behind the last request that goes into one group with `first`.
std::size_t Committer::fill_group(std::size_t first) {
    const std::uint64_t room = writer_.room() - reserve();
    std::uint64_t bytes = group_used_;
    std::size_t last = first;
    while (last < taken_.size()) {
        bytes += taken_[last].bytes;
        if (last != first && (bytes > options_.group_bytes || round_up(bytes, kBlock) > room)) break;
        ++last;
    }
    return last;
}

/// Room that requests may not use: the seal and the clean mark must always fit behind them.
std::uint64_t Committer::reserve() const {
    const std::size_t mark = kGroupHeaderBytes + EncodedBatch::checkpoint_bytes(ends_.size());
    return 2 * round_up(mark, kBlock);
}

Status Committer::make_room(std::size_t bytes) {
    begin_group();
    if (writer_.room() >= round_up(group_used_ + bytes, kBlock) + reserve()) return {};
    TILLSTREAM_CHECK(roll());
    begin_group();
    return {};
}

Status Committer::roll() {
    const std::string spare = TILLSTREAM_TRY(preparer_.take());
    next_segment_.nonce = load_le<std::uint64_t>(random_bytes(sizeof(std::uint64_t)).data());
    next_segment_.bytes = options_.segment_bytes;
    next_segment_.created = clock_.now();
    if (auto rolled = writer_.roll(spare, next_segment_); !rolled) {
        preparer_.give_back(spare);
        return rolled;
    }
    published_.add_segment(writer_.header(), writer_.path());
    ++next_segment_.id;
    checkpointed_ = false;
    return {};
}

/// Every segment begins with a checkpoint, in the same group as its first records.
void Committer::begin_group() {
    group_used_ = kGroupHeaderBytes;
    group_batches_ = 0;
    heads_crc_ = writer_.header().seed();
    moved_.clear();
    if (writer_.room() != 0 && !checkpointed_)
        add_to_group(EncodedBatch(ends_.ends()), Offset{}, Timestamp{});
}

void Committer::add_to_group(const EncodedBatch& batch, Offset base, Timestamp arrived) {
    TILLSTREAM_ASSERT(group_used_ + batch.bytes() <= group_.size());
    heads_crc_ = batch.write_to(group_.data() + group_used_, base, arrived, heads_crc_);
    group_used_ += batch.bytes();
    ++group_batches_;
}

/// A group without records: says that what lies before it is whole, and where every source stands.
Status Committer::write_mark(std::uint32_t flags) {
    begin_group();
    const EncodedBatch checkpoint(ends_.ends());
    const std::uint64_t bytes = round_up(kGroupHeaderBytes + checkpoint.bytes(), kBlock);
    unsealed_ = false;
    if (bytes > writer_.room() || bytes > group_.size()) return {};
    if (checkpointed_) add_to_group(checkpoint, Offset{}, Timestamp{});
    return flush_group(flags, TailGroup{});
}

Status Committer::flush_group(std::uint32_t flags, TailGroup tail) {
    GroupHeader header;
    header.heads_crc = heads_crc_;
    header.body_bytes = static_cast<std::uint32_t>(group_used_ - kGroupHeaderBytes);
    header.batches = group_batches_;
    header.flags = flags;
    header.committed = clock_.now();
    const auto begun = clock_.steady();
    TILLSTREAM_CHECK(writer_.write(header, group_));
    flush_seconds_.observe(std::chrono::duration<double>(clock_.steady() - begun).count());
    groups_.add();
    stored_bytes_.add(static_cast<double>(header.stored_bytes()));
    checkpointed_ = true;
    tail.lsn = writer_.last_lsn();
    tail.stored_before = stored_;
    stored_ += header.stored_bytes();
    evicted_ =
        published_.publish(std::make_shared<const TailGroup>(std::move(tail)), writer_.position(), moved_);
    return {};
}

void Committer::commit_requests(std::size_t first, std::size_t last) {
    std::size_t bytes = group_used_;
    for (std::size_t i = first; i < last; ++i) bytes += taken_[i].bytes;
    if (round_up(bytes, kBlock) > group_.size()) {
        group_ = AlignedBuffer(round_up(bytes, kBlock));
        begin_group();
    }
    last_arrived_ = std::max(last_arrived_, clock_.now());
    const Lsn lsn{writer_.last_lsn().value + 1};
    TailGroup tail;
    std::vector<Appended> answers(last - first);
    std::size_t records = 0;
    for (std::size_t i = first; i < last; ++i) {
        for (const LogBatch& batch : taken_[i].batches) records += batch.count();
        stamp(taken_[i], lsn, last_arrived_, tail, answers[i - first]);
    }
    if (auto flushed = flush_group(0, std::move(tail)); !flushed) {
        fail(first, flushed.error());
        return;
    }
    unsealed_ = true;
    records_.add(static_cast<double>(records));
    for (std::size_t i = first; i < last; ++i) {
        queued_bytes_.fetch_sub(taken_[i].bytes);
        taken_[i].done(std::move(answers[i - first]));
    }
    evicted_.clear();
}

void Committer::stamp(AppendRequest& request, Lsn lsn, Timestamp arrived, TailGroup& tail, Appended& answer) {
    tail.memory += request.memory;
    answer.arrived = arrived;
    answer.position.reserve(request.batches.size());
    answer.bases.reserve(request.batches.size());
    for (std::size_t i = 0; i < request.batches.size(); ++i) {
        LogBatch& batch = request.batches[i];
        batch.base = ends_.next(batch.source);
        batch.arrived = arrived;
        batch.lsn = lsn;
        batch.number = static_cast<std::uint32_t>(tail.batches.size());
        add_to_group(request.encoded[i], batch.base, arrived);
        ends_.set(batch.source, batch.end(), arrived);
        moved_.push_back({batch.source, batch.end(), arrived});
        answer.position.push_back({batch.source, batch.end()});
        answer.bases.push_back(batch.base);
        tail.batches.push_back(std::move(batch));
    }
}

void Committer::refuse(std::size_t first, std::size_t last, const Error& error) {
    for (std::size_t i = first; i < last; ++i) {
        queued_bytes_.fetch_sub(taken_[i].bytes);
        refused_.add();
        taken_[i].done(failure(error));
    }
}

void Committer::fail(std::size_t first, const Error& error) {
    const Error unknown{Errc::outcome_unknown,
                        fmt::format("the journal could not be written: {}", error.message)};
    std::vector<AppendRequest> waiting;
    {
        const std::lock_guard lock(mutex_);
        failed_ = true;
        waiting.swap(queue_);
    }
    refuse(first, taken_.size(), unknown);
    taken_ = std::move(waiting);
    refuse(0, taken_.size(), unknown);
    taken_.clear();
    published_.close();
    // The last thing this thread does: it may wait there until the answers are sent.
    options_.fatal(unknown);
}

}  // namespace tillstream::journal
