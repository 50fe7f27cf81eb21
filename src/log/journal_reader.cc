#include "log/internal/journal_reader.h"

#include <fmt/format.h>

#include <utility>

namespace tillstream::journal {

void decode_group(const Group& group, std::vector<LogBatch>& batches, std::vector<Gap>& gaps) {
    const std::size_t first = batches.size();
    for (const StoredBatch& stored : group.batches) {
        if (stored.kind == StoredKind::checkpoint) continue;
        auto records = decode_records(stored);
        if (!records) {
            gaps.push_back({stored.source, stored.base, stored.end(), records.error().message});
            continue;
        }
        LogBatch batch;
        batch.kind = stored.kind == StoredKind::data ? BatchKind::data : BatchKind::control;
        batch.source = stored.source;
        batch.base = stored.base;
        batch.arrived = stored.arrived;
        batch.lsn = group.header.lsn;
        batch.number = static_cast<std::uint32_t>(batches.size() - first);
        batch.contract = stored.contract;
        batch.records = std::make_shared<const RecordBlock>(*std::move(records));
        batches.push_back(std::move(batch));
    }
}

Result<LogRead> JournalReader::read(std::size_t max_bytes) {
    LogRead out;
    std::size_t bytes = 0;
    while (out.batches.empty() || bytes < max_bytes) {
        if (loaded_ != cursor_.next && !TILLSTREAM_TRY(load_group(out))) break;
        const std::vector<LogBatch>& batches = in_memory_ ? in_memory_->batches : decoded_;
        while (cursor_.batch < batches.size() && (out.batches.empty() || bytes < max_bytes)) {
            const LogBatch& batch = batches[cursor_.batch++];
            bytes += batch.records->values.size();
            out.batches.push_back(batch);
        }
        if (cursor_.batch < batches.size()) break;
        cursor_ = Cursor{Lsn{cursor_.next.value + 1}, 0};
        in_memory_.reset();
        decoded_.clear();
    }
    out.cursor = encode_cursor(cursor_, uuid_);
    out.at_end = !published_.anything_behind(cursor_);
    return out;
}

/// Loads the group at the cursor, or the next one there is. False at the end.
Result<bool> JournalReader::load_group(LogRead& out) {
    // Damage whose extent is not yet known shows only in the segments.
    const bool unresolved = entered_ && !reason_.empty();
    if (from_ == ReadFrom::nearest && !unresolved && load_from_memory()) return true;
    return load_from_segments(out);
}

bool JournalReader::load_from_memory() {
    in_memory_ = published_.tail_group(cursor_.next);
    if (!in_memory_) return false;
    loaded_ = cursor_.next;
    strayed_ = true;
    return true;
}

Result<bool> JournalReader::load_from_segments(LogRead& out) {
    if (cursor_.next > published_.last()) return false;
    if (segment_id_ != 0 && !published_.segment(segment_id_)) entered_ = false;
    if (!entered_ || std::exchange(strayed_, false)) {
        TILLSTREAM_CHECK(enter_segments());
        // Asked afterwards: segments only ever leave, so the one just entered is the right one.
        if (!published_.holds(cursor_.next)) return leave();
    }
    for (;;) {
        const Lsn looked = published_.last();
        bool growing = false;  // a segment is left only when it had already ended before it was looked at
        if (segment_) {
            const auto now = published_.segment(segment_id_);
            if (!now) return leave();
            growing = now->newest;
            SegmentReader::Step step = segment_->next(now->last, now->limit);
            const bool more = step.group.has_value();
            TILLSTREAM_CHECK(take_step(std::move(step), out));
            if (loaded_ == cursor_.next) return true;
            if (more) continue;
        }
        const auto next = growing ? std::nullopt : published_.segment_after(segment_id_);
        if (next) {
            if (next->id != segment_id_ + 1 && !published_.holds(cursor_.next)) return leave();
            TILLSTREAM_CHECK(open_segment(*next));
            continue;
        }
        const Published::End end = published_.end();
        if (end.last != looked) continue;  // more was published meanwhile
        reach_end(end, out);
        return false;
    }
}

/// What comes next was sealed and its segment went away.
bool JournalReader::leave() {
    recycled_ = true;
    entered_ = false;
    segment_.reset();
    segment_id_ = 0;
    return false;
}

/// From the segment's beginning: its checkpoint tells where every source stood. A reader that memory served
/// meanwhile goes on where it had left the segment.
Status JournalReader::enter_segments() {
    const auto first = published_.segment_for(cursor_.next);
    if (entered_ && segment_ && first && first->id == segment_id_) return {};
    ends_ = SourceEnds{};
    entered_ = true;
    entering_ = true;
    strayed_ = false;
    segment_.reset();
    segment_id_ = 0;
    reason_.clear();
    return first ? open_segment(*first) : Status{};
}

Status JournalReader::open_segment(const ReadableSegment& segment) {
    segment_.reset();
    segment_id_ = segment.id;
    if (!segment.readable) {
        reason_ = segment.reason;
        return {};
    }
    auto opened = SegmentReader::open(fs_, segment.path);
    if (opened) {
        segment_ = std::move(*opened);
    } else if (opened.error().code == Errc::corruption) {
        reason_ = opened.error().message;
    } else {
        return failure(std::move(opened).error());
    }
    return {};
}

/// What lies before the cursor only tells where the sources stand; the rest is delivered.
Status JournalReader::take_step(SegmentReader::Step step, LogRead& out) {
    if (step.damage) reason_ = step.damage->reason;
    if (!step.group) return {};
    const Group& group = *step.group;
    const bool behind = group.header.lsn < cursor_.next;
    // The checkpoint at the very place a reader enters is what it starts from, not news of missing records.
    const bool enters = std::exchange(entering_, false) && !step.damage && group.header.lsn == cursor_.next;
    std::uint32_t record_batches = 0;
    bool settled = false;
    for (const StoredBatch& batch : group.batches) {
        if (batch.kind == StoredKind::checkpoint) {
            for (const auto& missing : ends_.apply_checkpoint(TILLSTREAM_TRY(decode_checkpoint(batch))))
                if (!behind && !enters) note_missing(missing, out);
            settled = true;
            continue;
        }
        const bool read = behind || (group.header.lsn == cursor_.next && record_batches < cursor_.batch);
        ++record_batches;
        if (const auto missing = ends_.apply_batch(batch); missing && !read) note_missing(*missing, out);
    }
    if (settled) reason_.clear();
    if (behind) return {};
    if (group.header.lsn > cursor_.next) cursor_ = Cursor{group.header.lsn, 0};
    decoded_.clear();
    decode_group(group, decoded_, out.gaps);
    loaded_ = group.header.lsn;
    return {};
}

void JournalReader::note_missing(const SourceEnds::Missing& missing, LogRead& out) {
    out.gaps.push_back({missing.source, missing.from, missing.to,
                        reason_.empty() ? "records are missing between two groups" : reason_});
}

/// Damage that nothing later reveals shows against the live end.
void JournalReader::reach_end(const Published::End& end, LogRead& out) {
    for (const auto& missing : ends_.apply_checkpoint(end.sources)) note_missing(missing, out);
    reason_.clear();
    cursor_ = Cursor{Lsn{end.last.value + 1}, 0};
}

}  // namespace tillstream::journal
