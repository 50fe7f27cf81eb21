#include "log/internal/recovery.h"

#include <fmt/format.h>

#include <algorithm>

namespace tillstream::journal {

namespace {

/// A record takes at least its line end and its entry in value_ends.
constexpr std::uint64_t kLeastRecordBytes = 5;

struct Scan {
    SourceEnds ends;
    Lsn last_lsn;
    std::uint32_t last_crc = 0;
    std::uint32_t last_flags = 0;
    std::uint64_t position = 0;
    bool tail_damaged = false;
    bool saw_checkpoint = false;
    std::vector<std::string> damages;
};

Status apply_group(const Group& group, Scan& scan) {
    for (const StoredBatch& batch : group.batches) {
        if (batch.kind == StoredKind::checkpoint) {
            scan.ends.apply_checkpoint(TILLSTREAM_TRY(decode_checkpoint(batch)));
            scan.saw_checkpoint = true;
        } else {
            scan.ends.apply_batch(batch);
        }
    }
    scan.last_flags = group.header.flags;
    return {};
}

void note_damage(const StoredSegment& segment, const Damage& damage, Scan& scan) {
    scan.ends.note_damage(damage.to - damage.from);
    scan.damages.push_back(
        fmt::format("{} bytes {} to {}: {}", segment.path, damage.from, damage.to, damage.reason));
}

/// Reads one segment to its end; the newest has no `last`.
Status scan_segment(Filesystem& fs, const StoredSegment& segment, Lsn last, Scan& scan) {
    auto reader = TILLSTREAM_TRY(SegmentReader::open(fs, segment.path));
    scan.last_lsn = std::max(scan.last_lsn, reader->last_lsn());
    scan.last_crc = reader->last_crc();
    scan.tail_damaged = false;
    for (;;) {
        SegmentReader::Step step = reader->next(last);
        if (step.damage) {
            note_damage(segment, *step.damage, scan);
            scan.last_lsn = std::max(scan.last_lsn, step.damage->last);
            scan.tail_damaged = !step.group;
            if (!step.group && last == SegmentReader::kNoLimit)
                scan.last_lsn.value += (step.damage->to - step.damage->from) / kBlock;
        }
        if (!step.group) break;
        scan.last_lsn = reader->last_lsn();
        scan.last_crc = reader->last_crc();
        TILLSTREAM_CHECK(apply_group(*step.group, scan));
    }
    scan.position = reader->position();
    return {};
}

/// The number of the last group of segment `i`, if its successor tells.
Lsn last_of(const std::vector<StoredSegment>& segments, std::size_t i) {
    if (i + 1 >= segments.size() || !segments[i + 1].header || segments[i + 1].id != segments[i].id + 1)
        return SegmentReader::kNoLimit;
    return segments[i + 1].header->prev_last_lsn;
}

/// Scans segments `from` and all behind it.
Result<Scan> scan_from(Filesystem& fs, const std::vector<StoredSegment>& segments, std::size_t from,
                       const SealedEnds& sealed) {
    Scan scan;
    for (const SourceEnd& end : sealed.sources) scan.ends.set(end.source, end.next, end.arrived);
    scan.last_lsn = sealed.last;
    for (std::size_t i = from; i < segments.size(); ++i) {
        const StoredSegment& segment = segments[i];
        if (segment.header) {
            TILLSTREAM_CHECK(scan_segment(fs, segment, last_of(segments, i), scan));
            continue;
        }
        scan.ends.note_damage(segment.bytes);
        scan.damages.push_back(fmt::format("{}: {}", segment.path, segment.reason));
        scan.last_lsn.value += segment.bytes / kBlock + 1;
        scan.last_crc = 0;
        scan.tail_damaged = true;
    }
    return scan;
}

/// Scans as few of the newest segments as tell where every source stands.
Result<Scan> scan_tail(Filesystem& fs, const std::vector<StoredSegment>& segments, const SealedEnds& sealed) {
    for (std::size_t from = segments.size(); from-- > 0;) {
        if (!segments[from].header && from != 0) continue;
        Scan scan = TILLSTREAM_TRY(scan_from(fs, segments, from, sealed));
        if (scan.saw_checkpoint || from == 0) return scan;
    }
    return scan_from(fs, segments, 0, sealed);
}

Result<std::vector<SourceEnd>> first_checkpoint(Filesystem& fs, const std::vector<StoredSegment>& segments) {
    for (const StoredSegment& segment : segments) {
        if (!segment.header) continue;
        auto reader = TILLSTREAM_TRY(SegmentReader::open(fs, segment.path));
        const SegmentReader::Step step = reader->next(segment.header->prev_last_lsn.value == 0
                                                          ? SegmentReader::kNoLimit
                                                          : Lsn{segment.header->prev_last_lsn.value + 1});
        if (!step.group) continue;
        for (const StoredBatch& batch : step.group->batches)
            if (batch.kind == StoredKind::checkpoint) return decode_checkpoint(batch);
    }
    return std::vector<SourceEnd>{};
}

}  // namespace

SourceEnds::Entry& SourceEnds::entry(SourceId source) {
    if (entries_.size() < source.value) entries_.resize(source.value);
    return entries_[source.value - 1];
}

std::optional<SourceEnds::Missing> SourceEnds::advance(SourceId source, Offset at) {
    Entry& e = entry(source);
    e.confirmed = damaged_;
    if (at <= e.next) return std::nullopt;
    const Missing missing{source, e.next, at};
    e.next = at;
    return missing;
}

std::vector<SourceEnds::Missing> SourceEnds::apply_checkpoint(const std::vector<SourceEnd>& ends) {
    std::vector<Missing> all;
    for (const SourceEnd& end : ends) {
        if (end.source.value == 0) continue;
        if (auto missing = advance(end.source, end.next)) all.push_back(*missing);
        Entry& e = entry(end.source);
        e.arrived = std::max(e.arrived, end.arrived);
    }
    // A source that no checkpoint names had no records yet when it was written.
    for (Entry& e : entries_) e.confirmed = damaged_;
    return all;
}

std::optional<SourceEnds::Missing> SourceEnds::apply_batch(const StoredBatch& batch) {
    if (batch.source.value == 0) return std::nullopt;
    auto missing = advance(batch.source, batch.base);
    Entry& e = entry(batch.source);
    e.next = std::max(e.next, batch.end());
    e.arrived = std::max(e.arrived, batch.arrived);
    return missing;
}

void SourceEnds::settle(std::uint32_t sources) {
    if (entries_.size() < sources) entries_.resize(sources);
    for (Entry& e : entries_) {
        e.next.value += (damaged_ - e.confirmed) / kLeastRecordBytes;
        e.confirmed = damaged_;
    }
}

std::vector<SourceEnd> SourceEnds::ends() const {
    std::vector<SourceEnd> all;
    for (std::size_t i = 0; i < entries_.size(); ++i)
        all.push_back({SourceId{static_cast<std::uint32_t>(i + 1)}, entries_[i].next, entries_[i].arrived});
    return all;
}

Offset SourceEnds::next(SourceId source) const {
    return source.value == 0 || source.value > entries_.size() ? Offset{} : entries_[source.value - 1].next;
}

Timestamp SourceEnds::arrived(SourceId source) const {
    return source.value == 0 || source.value > entries_.size() ? Timestamp{}
                                                               : entries_[source.value - 1].arrived;
}

void SourceEnds::set(SourceId source, Offset next, Timestamp arrived) {
    Entry& e = entry(source);
    e.next = next;
    e.arrived = arrived;
}

Result<std::vector<StoredSegment>> list_segments(Filesystem& fs, const std::string& dir) {
    std::vector<StoredSegment> segments;
    for (const std::string& name : TILLSTREAM_TRY(fs.list(dir))) {
        const auto id = segment_id(name);
        if (!id) continue;
        StoredSegment segment{*id, fmt::format("{}/{}", dir, name), 0, std::nullopt, {}};
        auto reader = SegmentReader::open(fs, segment.path);
        if (reader) {
            segment.header = (*reader)->header();
            segment.bytes = (*reader)->file_bytes();
            if (segment.header->id != segment.id)
                return failure(Errc::corruption,
                               fmt::format("{} holds segment {}: the file was renamed, give it its "
                                           "old name",
                                           segment.path, segment.header->id));
        } else if (reader.error().code == Errc::corruption) {
            segment.reason = reader.error().message;
            auto file = TILLSTREAM_TRY(fs.open(segment.path, {}));
            segment.bytes = TILLSTREAM_TRY(file->size());
        } else {
            return failure(std::move(reader).error());
        }
        segments.push_back(std::move(segment));
    }
    std::sort(segments.begin(), segments.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return segments;
}

Result<Recovered> recover(Filesystem& fs, const std::string& dir, const LogUuid& uuid, std::uint32_t sources,
                          const SealedEnds& sealed) {
    Recovered out;
    out.segments = TILLSTREAM_TRY(list_segments(fs, dir));
    for (const StoredSegment& segment : out.segments) {
        if (!segment.header) continue;
        if (segment.header->uuid != uuid)
            return failure(Errc::corruption,
                           fmt::format("{} belongs to log {}, this folder is log {}: remove the file",
                                       segment.path, segment.header->uuid.hex(), uuid.hex()));
        out.epoch = std::max(out.epoch, segment.header->epoch);
    }
    Scan scan = TILLSTREAM_TRY(scan_tail(fs, out.segments, sealed));
    // What is sealed was durable, whatever became of the segments since.
    scan.last_lsn = std::max(scan.last_lsn, sealed.last);
    scan.ends.settle(sources);
    const bool empty = out.segments.empty();
    out.clean = empty || (!scan.tail_damaged && (scan.last_flags & kGroupClean) != 0);
    if (!empty && !scan.tail_damaged && out.segments.back().header) out.cut = scan.position;
    out.ends = std::move(scan.ends);
    out.last_lsn = scan.last_lsn;
    out.last_crc = scan.last_crc;
    out.damages = std::move(scan.damages);
    out.earliest = TILLSTREAM_TRY(first_checkpoint(fs, out.segments));
    return out;
}

}  // namespace tillstream::journal
