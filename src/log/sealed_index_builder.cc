#include <cstring>

#include "core/checksum.h"
#include "log/internal/batch_codec.h"
#include "log/internal/sealed_index.h"
#include "log/internal/sealed_sections.h"
#include "log/internal/varint.h"

namespace tillstream::journal {

namespace {

void append_text(Buffer& out, std::string_view text) {
    append_varint(out, text.size());
    out.append(text);
}

}  // namespace

std::uint64_t verdict_bytes_of(const std::vector<Rejection>& rejections) {
    constexpr std::uint64_t kNumbers = 16;  // of a rejection, and of an error
    std::uint64_t bytes = 0;
    for (const Rejection& rejection : rejections) {
        bytes += kNumbers;
        for (const FieldError& error : rejection.errors)
            bytes += kNumbers + error.pointer.size() + error.expected.size() + error.found.size();
    }
    return bytes;
}

void SealedIndexBuilder::add_frame(const SealedFrame& frame) {
    char* at = frames_.extend(kSealedFrameEntryBytes);
    store_le(at, frame.stored_bytes);
    store_le(at + 4, frame.raw_bytes);
    store_le(at + 8, frame.records);
    store_le(at + 12, frame.stored_crc);
    store_le(at + 16, frame.raw_crc);
    ++frame_count_;
}

void SealedIndexBuilder::add_batch(const LogBatch& batch, const Cursor& place, Timestamp hour) {
    const RecordBlock& records = *batch.records;
    const bool first = batch_count_++ == 0;
    append_varint(holes_, first ? 0 : batch.base.value - next_.value);
    append_varint(counts_, records.count());
    append_varint(arrivals_,
                  static_cast<std::uint64_t>(batch.arrived.micros - (first ? hour.micros : arrived_.micros)));
    append_varint(groups_, place.next.value - group_.value);
    append_varint(numbers_, place.batch);
    append_varint(batch_contracts_, contract_number(batch.contract));
    append_varint(flags_, records.event_id_ends.empty() ? 0 : kSealedBatchHasEventIds);
    add_rejections(records);
    std::uint32_t begin = 0;
    for (const std::uint32_t end : records.event_id_ends) {
        append_varint(event_id_sizes_, end - begin);
        begin = end;
    }
    event_ids_.append(records.event_ids.view().substr(0, begin));
    next_ = batch.end();
    arrived_ = batch.arrived;
    group_ = place.next;
    records_ += records.count();
}

void SealedIndexBuilder::add_rejections(const RecordBlock& records) {
    for (const Rejection& rejection : records.rejections) {
        const std::uint32_t ordinal = records_ + rejection.index;
        append_varint(rejections_, ordinal - next_rejection_);
        append_varint(rejections_, rejection.errors.size());
        for (const FieldError& error : rejection.errors) {
            append_varint(rejections_, static_cast<std::uint64_t>(error.code));
            append_text(rejections_, error.pointer);
            append_text(rejections_, error.expected);
            append_text(rejections_, error.found);
        }
        next_rejection_ = ordinal + 1;
    }
}

std::uint32_t SealedIndexBuilder::contract_number(const std::string& contract) {
    const auto [found, added] =
        contract_numbers_.emplace(contract, static_cast<std::uint32_t>(contract_numbers_.size()));
    if (added) append_text(contracts_, contract);
    return found->second;
}

std::size_t SealedIndexBuilder::bytes() const {
    std::size_t bytes = kSealedIdBytes + kSealedSections * kSealedSectionEntryBytes;
    for (const Buffer* column : {&frames_, &contracts_, &holes_, &counts_, &arrivals_, &groups_, &numbers_,
                                 &batch_contracts_, &flags_, &rejections_, &event_id_sizes_, &event_ids_})
        bytes += column->size();
    return bytes;
}

Buffer SealedIndexBuilder::build(const SealedId& id) const {
    const std::array<std::pair<SealedSection, const Buffer*>, kSealedSections> sections = {{
        {SealedSection::frames, &frames_},
        {SealedSection::contracts, &contracts_},
        {SealedSection::holes, &holes_},
        {SealedSection::counts, &counts_},
        {SealedSection::arrivals, &arrivals_},
        {SealedSection::groups, &groups_},
        {SealedSection::numbers, &numbers_},
        {SealedSection::batch_contracts, &batch_contracts_},
        {SealedSection::flags, &flags_},
        {SealedSection::rejections, &rejections_},
        {SealedSection::event_id_sizes, &event_id_sizes_},
        {SealedSection::event_ids, &event_ids_},
    }};
    std::uint16_t present = 0;
    for (const auto& [kind, bytes] : sections) present += bytes->empty() ? 0 : 1;
    Buffer out;
    out.reserve(bytes() + id.source.stream.size());
    char* at = out.extend(kSealedIdBytes);
    std::memset(at, 0, kSealedIdBytes);
    std::memcpy(at, id.log.bytes.data(), id.log.bytes.size());
    store_le(at + 16, id.source.id.value);
    store_le(at + 20, id.source.shard.value);
    store_le(at + 24, id.source.incarnation);
    store_le(at + 28, static_cast<std::uint8_t>(id.kind));
    store_le(at + 30, present);
    store_le(at + 32, id.hour.micros);
    store_le(at + 40, id.first.value);
    store_le(at + 48, id.last.value);
    store_le(at + 56, frame_count_);
    store_le(at + 60, batch_count_);
    store_le(at + 64, records_);
    store_le(at + 68, static_cast<std::uint32_t>(id.source.stream.size()));
    out.append(id.source.stream);
    std::uint32_t offset = 0;
    for (const auto& [kind, bytes] : sections) {
        if (bytes->empty()) continue;
        const auto size = static_cast<std::uint32_t>(bytes->size());
        char* entry = out.extend(kSealedSectionEntryBytes);
        store_le(entry, static_cast<std::uint16_t>(kind));
        store_le<std::uint16_t>(entry + 2, 0);
        store_le(entry + 4, offset);
        store_le(entry + 8, size);
        store_le(entry + 12, size);
        offset += size;
    }
    for (const auto& [kind, bytes] : sections) out.append(bytes->view());
    return out;
}

}  // namespace tillstream::journal
