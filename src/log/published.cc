#include "log/internal/published.h"

#include <algorithm>

#include "core/assert.h"

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

}  // namespace

std::size_t memory_of(const std::vector<LogBatch>& batches) {
    std::size_t bytes = 0;
    // The slices of one decoded request share it.
    const RowBatch* measured = nullptr;
    std::size_t measured_bytes = 0;
    for (const LogBatch& batch : batches) {
        bytes += sizeof(LogBatch) + memory_of(*batch.records) +
                 batch.rows.rows.capacity() * sizeof(std::uint32_t);
        const RowBatch* rows = batch.rows.batch.get();
        if (rows == nullptr || rows->rows() == 0) continue;
        if (rows != measured) measured_bytes = rows->memory_bytes();
        measured = rows;
        bytes += measured_bytes * batch.rows.rows.size() / rows->rows();
    }
    return bytes;
}

Published::Published(const Recovered& recovered, std::size_t tail_bytes)
    : tail_limit_(tail_bytes),
      ends_(recovered.ends),
      last_(recovered.last_lsn),
      last_records_(recovered.last_lsn) {
    const auto& stored = recovered.segments;
    for (std::size_t i = 0; i < stored.size(); ++i) {
        ReadableSegment segment;
        segment.id = stored[i].id;
        segment.path = stored[i].path;
        segment.readable = stored[i].header.has_value();
        segment.reason = stored[i].reason;
        segment.limit = stored[i].bytes;
        segment.first = segment.readable ? Lsn{stored[i].header->prev_last_lsn.value + 1} : Lsn{0};
        const bool last = i + 1 == stored.size();
        const bool known = !last && stored[i + 1].header.has_value();
        segment.last = known ? stored[i + 1].header->prev_last_lsn : (last ? last_ : SegmentReader::kNoLimit);
        segment.stored_before = stored_;
        stored_ += segment.limit;
        segments_.push_back(std::move(segment));
    }
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
    segment.newest = true;
    segment.stored_before = stored_;
    segments_.push_back(std::move(segment));
}

std::vector<TailGroupPtr> Published::publish(TailGroupPtr group, std::uint64_t segment_end,
                                             const std::vector<SourceEnd>& ends) {
    std::vector<TailGroupPtr> dropped;
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        ReadableSegment& segment = segments_.back();
        stored_ += segment_end - segment.limit;
        segment.limit = segment_end;
        segment.last = group->lsn;
        last_ = group->lsn;
        if (!group->batches.empty()) last_records_ = group->lsn;
        for (const SourceEnd& end : ends) ends_.set(end.source, end.next, end.arrived);
        tail_memory_ += group->memory;
        tail_.push_back(std::move(group));
        evict(dropped);
        wake = waiting_ != 0;
    }
    if (wake) grown_.notify_all();
    return dropped;
}

void Published::evict(std::vector<TailGroupPtr>& dropped) {
    while (tail_memory_ > tail_limit_ && !tail_.empty()) {
        tail_memory_ -= tail_.front()->memory;
        dropped.push_back(std::move(tail_.front()));
        tail_.pop_front();
    }
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

ReadableSegment Published::segment(std::uint64_t id) const {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(segments_.begin(), segments_.end(), [&](const auto& s) { return s.id == id; });
    TILLSTREAM_ASSERT(found != segments_.end());
    return *found;
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
