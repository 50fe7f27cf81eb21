#include <fmt/format.h>

#include <algorithm>

#include "codec/zstd_frame.h"
#include "core/assert.h"
#include "core/checksum.h"
#include "log/internal/sealed_index.h"
#include "log/internal/sealed_sections.h"

namespace tillstream::journal {

namespace {

constexpr std::int64_t kHourMicros = 3'600'000'000;

bool rising(const std::vector<std::uint32_t>& ends, std::size_t total) {
    return std::is_sorted(ends.begin(), ends.end()) && !ends.empty() && ends.back() == total;
}

/// What is wrong with the batch in itself; empty if nothing is.
std::string_view fault_of(const RecordBlock& records) {
    const std::string_view values = records.values.view();
    if (records.ends.empty()) return "no record";
    if (values.size() > kMaxSealedBatchBytes) return "over 256 MiB of records";
    if (!rising(records.ends, values.size())) return "impossible record lengths";
    std::uint32_t begin = 0;
    for (const std::uint32_t end : records.ends) {
        if (end == begin || values.find('\n', begin) != end - 1) return "a record that is not one line";
        begin = end;
    }
    const std::size_t ids = records.event_id_ends.size();
    if (ids != 0 && (ids != records.ends.size() || !rising(records.event_id_ends, records.event_ids.size())))
        return "impossible event ids";
    std::uint64_t next = 0;
    for (const Rejection& rejection : records.rejections) {
        if (rejection.index < next || rejection.index >= records.ends.size()) return "impossible rejections";
        next = std::uint64_t{rejection.index} + 1;
    }
    return {};
}

/// At most: two frames that follow each other hold more lines than fit into one.
std::uint64_t index_bytes_of(const LogBatch& batch) {
    const std::uint64_t frames = 2 * (batch.records->values.size() / kSealedFrameBytes) + 3;
    return 128 + frames * kSealedFrameEntryBytes + batch.contract.size() + batch.records->event_ids.size() +
           5 * batch.records->event_id_ends.size() + verdict_bytes_of(batch.records->rejections);
}

}  // namespace

struct SealedObjectWriter::Parts {
    SealedId id;
    std::size_t max_index_bytes = 0;
    std::optional<Cursor> last_place;
    Timestamp arrived;
    std::uint64_t raw_bytes = 0;
    Buffer out;
    Buffer pending;  ///< lines of the frame that is not full yet
    std::uint32_t pending_records = 0;
    SealedIndexBuilder index;
    ZstdFrameWriter zstd{kSealedZstdLevel};

    Status check(const LogBatch& batch, const Cursor& place) const;
    std::string_view fault_of_order(const LogBatch& batch, const Cursor& place) const;
    Status add_lines(const RecordBlock& records);
    Status end_frame();
    Status append_index();
};

std::string_view SealedObjectWriter::Parts::fault_of_order(const LogBatch& batch, const Cursor& place) const {
    if (batch.source != id.source.id) return "another source";
    if (batch.kind != id.kind) return "another kind";
    if (batch.arrived < id.hour || batch.arrived.micros - id.hour.micros >= kHourMicros)
        return "another hour";
    if (batch.base.value >= UINT64_MAX - batch.count()) return "an impossible offset";
    if (!last_place) return {};
    if (batch.base <= id.last) return "offsets that are there already";
    if (batch.arrived < arrived) return "an earlier arrival than the batch before";
    if (place <= *last_place) return "a place before that of the batch before";
    return {};
}

Status SealedObjectWriter::Parts::check(const LogBatch& batch, const Cursor& place) const {
    std::string_view fault = fault_of_order(batch, place);
    if (fault.empty()) fault = fault_of(*batch.records);
    if (!fault.empty())
        return failure(Errc::invalid_argument, fmt::format("batch at offset {} of source {} has {}",
                                                           batch.base.value, batch.source.value, fault));
    const std::uint64_t index_bytes = index.bytes() + id.source.stream.size() + index_bytes_of(batch);
    const bool full =
        index_bytes > max_index_bytes || std::uint64_t{index.records()} + batch.count() > UINT32_MAX;
    if (full)
        return failure(Errc::resource_exhausted,
                       fmt::format("sealed object of source {} is full with {} records: begin another",
                                   batch.source.value, index.records()));
    return {};
}

/// As many whole lines into a frame as fit; a line that is longer than a frame has one of its own.
Status SealedObjectWriter::Parts::add_lines(const RecordBlock& records) {
    std::size_t begin = 0;
    auto next = records.ends.begin();
    while (next != records.ends.end()) {
        const std::size_t room = kSealedFrameBytes - std::min(kSealedFrameBytes, pending.size());
        auto behind = std::upper_bound(next, records.ends.end(), begin + room);
        if (behind == next && !pending.empty()) {
            TILLSTREAM_CHECK(end_frame());
            continue;
        }
        if (behind == next) ++behind;
        const std::size_t end = *(behind - 1);
        pending.append(records.values.view().substr(begin, end - begin));
        pending_records += static_cast<std::uint32_t>(behind - next);
        begin = end;
        next = behind;
    }
    return {};
}

Status SealedObjectWriter::Parts::end_frame() {
    const std::size_t start = out.size();
    TILLSTREAM_CHECK(zstd.append(pending.view(), out));
    const std::string_view stored = out.view().substr(start);
    SealedFrame frame;
    frame.stored_bytes = static_cast<std::uint32_t>(stored.size());
    frame.raw_bytes = static_cast<std::uint32_t>(pending.size());
    frame.records = pending_records;
    frame.stored_crc = crc32c(stored);
    frame.raw_crc = crc32c(pending.view());
    index.add_frame(frame);
    pending.clear();
    pending_records = 0;
    return {};
}

Status SealedObjectWriter::Parts::append_index() {
    const Buffer raw = index.build(id);
    const std::size_t start = out.size();
    out.extend(kSkippableHeaderBytes);
    SealedFooter footer;
    footer.index_at = out.size();
    TILLSTREAM_CHECK(zstd.append(raw.view(), out));
    const std::string_view stored = out.view().substr(footer.index_at);
    footer.index_bytes = static_cast<std::uint32_t>(stored.size());
    footer.index_raw_bytes = static_cast<std::uint32_t>(raw.size());
    footer.index_crc = crc32c(stored);
    footer.object_bytes = out.size() + kSealedFooterBytes;
    append_footer(out, footer);
    store_le(out.data() + start, kSkippableMagic);
    store_le(out.data() + start + 4, static_cast<std::uint32_t>(out.size() - start - kSkippableHeaderBytes));
    return {};
}

SealedObjectWriter::SealedObjectWriter(const LogUuid& log, const SourceInfo& source, Timestamp hour,
                                       BatchKind kind, std::size_t max_index_bytes)
    : parts_(std::make_unique<Parts>()) {
    TILLSTREAM_ASSERT(hour.micros % kHourMicros == 0);
    parts_->id = {log, source, Offset{}, Offset{}, hour, kind};
    parts_->max_index_bytes = max_index_bytes;
}

SealedObjectWriter::~SealedObjectWriter() = default;
SealedObjectWriter::SealedObjectWriter(SealedObjectWriter&&) noexcept = default;

Status SealedObjectWriter::add(const LogBatch& batch, const Cursor& place) {
    Parts& p = *parts_;
    TILLSTREAM_CHECK(p.check(batch, place));
    if (!p.last_place) p.id.first = batch.base;
    p.id.last = Offset{batch.end().value - 1};
    p.last_place = place;
    p.arrived = batch.arrived;
    p.raw_bytes += batch.records->values.size();
    p.index.add_batch(batch, place, p.id.hour);
    return p.add_lines(*batch.records);
}

std::uint64_t SealedObjectWriter::raw_bytes() const { return parts_->raw_bytes; }

std::uint64_t SealedObjectWriter::stored_bytes() const {
    return parts_->out.size() + parts_->pending.size() + parts_->index.bytes() + kSkippableHeaderBytes +
           kSealedFooterBytes;
}

const SealedId& SealedObjectWriter::id() const { return parts_->id; }

Result<std::string> SealedObjectWriter::finish() {
    if (!parts_->last_place)
        return failure(Errc::invalid_argument, fmt::format("sealed object of source {} would hold no record",
                                                           parts_->id.source.id.value));
    TILLSTREAM_CHECK(parts_->end_frame());
    TILLSTREAM_CHECK(parts_->append_index());
    return std::string(parts_->out.view());
}

}  // namespace tillstream::journal
