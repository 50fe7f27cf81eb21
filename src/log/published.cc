#include "log/internal/published.h"

#include <algorithm>
#include <numeric>

#include "log/internal/sealed_index.h"

namespace tillstream::journal {

namespace {

/// Of a call on a closed log, so that a loop of waits does not spin.
constexpr std::chrono::milliseconds kClosedWait{20};

std::size_t memory_of(const std::vector<Rejection>& rejections) {
    std::size_t bytes = rejections.capacity() * sizeof(Rejection);
    for (const Rejection& rejection : rejections) {
        bytes += rejection.errors.capacity() * sizeof(FieldError);
        for (const FieldError& error : rejection.errors)
            bytes += error.pointer.capacity() + error.expected.capacity() + error.found.capacity();
    }
    return bytes;
}

std::size_t memory_of(const RecordBlock& records) {
    return sizeof(RecordBlock) + records.values.capacity() + records.event_ids.capacity() +
           (records.ends.capacity() + records.event_id_ends.capacity()) * sizeof(std::uint32_t) +
           memory_of(records.rejections);
}

/// Of a batch in an object's index, about.
constexpr std::uint64_t kIndexEntryBytes = 16;

/// Segments before a hole, or before one that is unreadable but sealed, are not read from any more: the
/// sealed log has what they held.
std::size_t first_visible(const Recovered& recovered, Lsn sealed) {
    const auto& stored = recovered.segments;
    std::size_t first = 0;
    for (std::size_t i = 0; i + 1 < stored.size(); ++i) {
        const StoredSegment& next = stored[i + 1];
        const bool is_sealed = next.header && next.header->prev_last_lsn < sealed;
        if (is_sealed && (next.id != stored[i].id + 1 || !stored[i].header)) first = i + 1;
    }
    return first;
}

}  // namespace

std::size_t memory_of(const std::vector<LogBatch>& batches) {
    std::size_t bytes = 0;
    // The slices of one decoded request share it.
    const RowBatch* measured = nullptr;
    std::size_t measured_bytes = 0;
    for (const LogBatch& batch : batches) {
        bytes +=
            sizeof(LogBatch) + memory_of(*batch.records) + batch.rows.rows.capacity() * sizeof(std::uint32_t);
        const RowBatch* rows = batch.rows.batch.get();
        if (rows == nullptr || rows->rows() == 0) continue;
        if (rows != measured) measured_bytes = rows->memory_bytes();
        measured = rows;
        bytes += measured_bytes * batch.rows.rows.size() / rows->rows();
    }
    return bytes;
}

std::uint64_t volume_of(const LogBatch& batch) {
    const RecordBlock& records = *batch.records;
    return kIndexEntryBytes + records.values.size() + records.event_ids.size() +
           2 * records.event_id_ends.size() + verdict_bytes_of(records.rejections);
}

Published::Published(const Recovered& recovered, std::size_t tail_bytes, Lsn sealed, SealLimits limits)
    : tail_limit_(tail_bytes),
      seal_limits_(limits),
      ends_(recovered.ends),
      last_(recovered.last_lsn),
      last_records_(recovered.last_lsn),
      sealed_(sealed) {
    const auto& stored = recovered.segments;
    for (std::size_t i = first_visible(recovered, sealed); i < stored.size(); ++i) {
        ReadableSegment segment;
        segment.id = stored[i].id;
        segment.path = stored[i].path;
        segment.readable = stored[i].header.has_value();
        segment.reason = stored[i].reason;
        segment.limit = stored[i].bytes;
        segment.file_bytes = stored[i].bytes;
        segment.first = segment.readable ? Lsn{stored[i].header->prev_last_lsn.value + 1} : Lsn{0};
        const bool last = i + 1 == stored.size();
        const bool known = !last && stored[i + 1].header.has_value();
        segment.last = known ? stored[i + 1].header->prev_last_lsn : (last ? last_ : SegmentReader::kNoLimit);
        segment.stored_before = stored_;
        stored_ += segment.limit;
        if (segment.readable && segment.first <= sealed) oldest_unsealed_ = stored[i].header->created;
        if (segment.last >= sealed) unsealed_total_ += segment.limit;
        segments_.push_back(std::move(segment));
    }
    if (last_ < sealed || segments_.empty())
        oldest_unsealed_.reset();
    else if (!oldest_unsealed_)
        oldest_unsealed_ = Timestamp{};
}

std::vector<Published::Retired> hidden_segments(const Recovered& recovered, Lsn sealed) {
    std::vector<Published::Retired> hidden;
    for (std::size_t i = 0; i < first_visible(recovered, sealed); ++i) {
        const StoredSegment& stored = recovered.segments[i];
        ReadableSegment segment;
        segment.id = stored.id;
        segment.path = stored.path;
        segment.file_bytes = stored.bytes;
        segment.readable = stored.header.has_value();
        segment.first = segment.readable ? Lsn{stored.header->prev_last_lsn.value + 1} : Lsn{0};
        // Up to where it goes only its successor knew; only what was pinned lost its successor.
        segment.last = SegmentReader::kNoLimit;
        hidden.push_back({std::move(segment), 0});
    }
    return hidden;
}

void Published::add_segment(const SegmentHeader& header, const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (!segments_.empty()) segments_.back().newest = false;
    ReadableSegment segment;
    segment.id = header.id;
    segment.path = path;
    segment.first = Lsn{header.prev_last_lsn.value + 1};
    segment.last = header.prev_last_lsn;
    segment.limit = kBlock;
    segment.file_bytes = header.bytes;
    segment.newest = true;
    segment.stored_before = stored_;
    segment.starts = ends_.ends();
    segments_.push_back(std::move(segment));
}

std::vector<TailGroupPtr> Published::publish(TailGroupPtr group, std::uint64_t segment_end,
                                             const std::vector<SourceEnd>& ends) {
    std::vector<TailGroupPtr> dropped;
    bool wake = false, seal = false;
    {
        const std::lock_guard lock(mutex_);
        ReadableSegment& segment = segments_.back();
        stored_ += segment_end - segment.limit;
        segment.limit = segment_end;
        segment.last = group->lsn;
        last_ = group->lsn;
        if (!group->batches.empty()) last_records_ = group->lsn;
        for (const SourceEnd& end : ends) ends_.set(end.source, end.next, end.arrived);
        seal = count_unsealed(*group);
        tail_memory_ += group->memory;
        tail_.push_back(std::move(group));
        evict(dropped);
        wake = waiting_ != 0;
    }
    if (wake) grown_.notify_all();
    if (seal) to_seal_.notify_one();
    return dropped;
}

void Published::evict(std::vector<TailGroupPtr>& dropped) {
    while (tail_memory_ > tail_limit_ && !tail_.empty()) {
        tail_memory_ -= tail_.front()->memory;
        dropped.push_back(std::move(tail_.front()));
        tail_.pop_front();
    }
}

/// True if the sealer has a reason now that it had not before.
bool Published::count_unsealed(const TailGroup& group) {
    if (group.batches.empty()) return false;
    const bool was_full = over_limit();
    const bool first = !oldest_unsealed_;
    if (first) oldest_unsealed_ = group.batches.front().arrived;
    bool full = was_full;
    for (const LogBatch& batch : group.batches) {
        if (unsealed_.size() < batch.source.value) unsealed_.resize(batch.source.value);
        std::uint64_t& bytes = unsealed_[batch.source.value - 1];
        const std::uint64_t volume = volume_of(batch);
        bytes += volume;
        unsealed_total_ += volume;
        full = full || bytes >= seal_limits_.source_bytes;
    }
    full = full || over_limit();
    const bool news = first || (full && !full_);
    full_ = full;
    if (news) seal_wanted_ = true;
    return news;
}

bool Published::over_limit() const { return full_ || unsealed_total_ >= seal_limits_.total_bytes; }

Unsealed Published::unsealed() const {
    const std::lock_guard lock(mutex_);
    return {unsealed_total_, over_limit(), oldest_unsealed_, last_records_};
}

void Published::wait_to_seal(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    to_seal_.wait_for(lock, timeout, [&] { return seal_wanted_; });
    seal_wanted_ = false;
}

void Published::wake_sealer() {
    {
        const std::lock_guard lock(mutex_);
        seal_wanted_ = true;
    }
    to_seal_.notify_one();
}

void Published::sealed_to(Lsn next, const std::vector<std::pair<SourceId, std::uint64_t>>& volumes,
                          std::optional<Timestamp> oldest) {
    const std::lock_guard lock(mutex_);
    sealed_ = std::max(sealed_, next);
    for (const auto& [source, sealed] : volumes)
        if (source.value <= unsealed_.size())
            unsealed_[source.value - 1] -= std::min(unsealed_[source.value - 1], sealed);
    // Of what an earlier run left only the size of its segments was known.
    unsealed_total_ = std::accumulate(unsealed_.begin(), unsealed_.end(), std::uint64_t{0});
    full_ = std::any_of(unsealed_.begin(), unsealed_.end(),
                        [&](std::uint64_t b) { return b >= seal_limits_.source_bytes; });
    if (last_records_ < next) {
        oldest_unsealed_.reset();
    } else if (oldest) {
        oldest_unsealed_ = oldest;
    } else if (const auto group =
                   std::find_if(tail_.begin(), tail_.end(),
                                [&](const TailGroupPtr& g) { return g->lsn >= next && !g->batches.empty(); });
               group != tail_.end()) {
        oldest_unsealed_ = (*group)->batches.front().arrived;
    }
}

std::uint64_t Published::sealed_segment_bytes(Lsn sealed) const {
    const std::lock_guard lock(mutex_);
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i + 1 < segments_.size(); ++i)
        if (segments_[i + 1].first <= sealed) bytes += segments_[i].file_bytes;
    return bytes;
}

std::pair<Lsn, Lsn> Published::segment_range() const {
    const std::lock_guard lock(mutex_);
    if (segments_.empty()) return {SegmentReader::kNoLimit, SegmentReader::kNoLimit};
    return {segments_.front().first, segments_.back().first};
}

std::optional<Published::Retired> Published::retire_oldest(Lsn sealed) {
    const std::lock_guard lock(mutex_);
    if (segments_.size() < 2) return std::nullopt;
    // An unreadable one does not tell where it begins; what follows it does.
    const auto next = std::find_if(segments_.begin() + 1, segments_.end(),
                                   [](const ReadableSegment& segment) { return segment.readable; });
    if (next == segments_.end() || next->first > sealed) return std::nullopt;
    Retired retired{std::move(segments_.front()), generation_++};
    segments_.erase(segments_.begin());
    return retired;
}

bool Published::unread(const Retired& retired) const {
    const std::lock_guard lock(mutex_);
    return reads_.empty() || *reads_.begin() > retired.generation;
}

Published::Pin::Pin(const Published& published) : published_(published) {
    const std::lock_guard lock(published_.mutex_);
    generation_ = published_.generation_;
    published_.reads_.insert(generation_);
}

Published::Pin::~Pin() {
    const std::lock_guard lock(published_.mutex_);
    published_.reads_.erase(published_.reads_.find(generation_));
}

bool Published::holds(Lsn next) const {
    const std::lock_guard lock(mutex_);
    if (next >= sealed_) return true;
    return std::any_of(segments_.begin(), segments_.end(),
                       [&](const ReadableSegment& s) { return s.readable && s.first <= next; });
}

Lsn Published::group_before(SourceId source, Offset from, Lsn at_least) const {
    const std::lock_guard lock(mutex_);
    Lsn group = at_least;
    for (const ReadableSegment& segment : segments_) {
        if (!segment.starts || segment.first < at_least) continue;
        const auto start = std::find_if(segment.starts->begin(), segment.starts->end(),
                                        [&](const SourceEnd& end) { return end.source == source; });
        if (start != segment.starts->end() && start->next > from) break;
        group = segment.first;
    }
    return group;
}

void Published::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    grown_.notify_all();
}

std::uint64_t Published::stored() const {
    const std::lock_guard lock(mutex_);
    return stored_;
}

TailGroupPtr Published::tail_group(Lsn lsn) const {
    const std::lock_guard lock(mutex_);
    if (tail_.empty() || lsn < tail_.front()->lsn || lsn > tail_.back()->lsn) return nullptr;
    return tail_[lsn.value - tail_.front()->lsn.value];
}

Lsn Published::last() const {
    const std::lock_guard lock(mutex_);
    return last_;
}

Published::End Published::end() const {
    const std::lock_guard lock(mutex_);
    return {last_, ends_.ends()};
}

Position Published::durable_end(std::uint32_t sources) const {
    const std::lock_guard lock(mutex_);
    Position position;
    for (std::uint32_t id = 1; id <= sources; ++id)
        position.push_back({SourceId{id}, ends_.next(SourceId{id})});
    return position;
}

std::optional<ReadableSegment> Published::segment_for(Lsn next) const {
    const std::lock_guard lock(mutex_);
    const ReadableSegment* found = nullptr;
    for (const ReadableSegment& segment : segments_) {
        if (!segment.readable) continue;
        if (found == nullptr || segment.first <= next) found = &segment;
    }
    return found == nullptr ? std::nullopt : std::optional(*found);
}

std::optional<ReadableSegment> Published::segment_after(std::uint64_t id) const {
    const std::lock_guard lock(mutex_);
    for (const ReadableSegment& segment : segments_)
        if (segment.id > id) return segment;
    return std::nullopt;
}

std::optional<ReadableSegment> Published::segment(std::uint64_t id) const {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(segments_.begin(), segments_.end(), [&](const auto& s) { return s.id == id; });
    return found == segments_.end() ? std::nullopt : std::optional(*found);
}

std::uint64_t Published::stored_before(const Cursor& cursor) const {
    if (!tail_.empty() && cursor.next >= tail_.front()->lsn && cursor.next <= tail_.back()->lsn)
        return tail_[cursor.next.value - tail_.front()->lsn.value]->stored_before;
    std::uint64_t before = 0;
    for (const ReadableSegment& segment : segments_) {
        if (!segment.readable || segment.first > cursor.next || segment.last < segment.first) continue;
        // Groups of an old segment are not indexed: take them as equally large.
        const std::uint64_t groups = segment.last.value - segment.first.value + 1;
        const std::uint64_t read = std::min(groups, cursor.next.value - segment.first.value);
        before = segment.stored_before +
                 static_cast<std::uint64_t>(static_cast<double>(segment.limit) * static_cast<double>(read) /
                                            static_cast<double>(groups));
    }
    return before;
}

std::uint64_t Published::bytes_behind(const Cursor& cursor) const {
    const std::lock_guard lock(mutex_);
    if (cursor.next > last_records_) return 0;
    return stored_ - std::min(stored_, stored_before(cursor));
}

bool Published::anything_behind(const Cursor& cursor) const {
    const std::lock_guard lock(mutex_);
    return cursor.next <= last_records_;
}

bool Published::wait_behind(const Cursor& cursor, std::chrono::milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    if (closed_) timeout = std::min(timeout, kClosedWait);
    const bool was_closed = closed_;
    ++waiting_;
    grown_.wait_for(lock, timeout, [&] { return cursor.next <= last_records_ || closed_ != was_closed; });
    --waiting_;
    return cursor.next <= last_records_;
}

}  // namespace tillstream::journal
