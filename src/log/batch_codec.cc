#include "log/internal/batch_codec.h"

#include <fmt/format.h>

#include <cstring>

#include "core/assert.h"
#include "core/checksum.h"

namespace tillstream::journal {

namespace {

constexpr std::size_t kFixedBytes = 64;
constexpr std::size_t kSectionEntryBytes = 16;
constexpr std::size_t kTlvHeaderBytes = 4;
constexpr std::size_t kSourceEndBytes = 24;
constexpr std::size_t kAlign = 8;

std::string_view bytes_of(const std::vector<std::uint32_t>& numbers) {
    return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(std::uint32_t)};
}

void append_u32(Buffer& out, std::size_t number) {
    store_le(out.extend(sizeof(std::uint32_t)), static_cast<std::uint32_t>(number));
}

void append_text(Buffer& out, std::string_view text) {
    append_u32(out, text.size());
    out.append(text);
}

Buffer encode_rejections(const std::vector<Rejection>& rejections) {
    Buffer out;
    for (const Rejection& rejection : rejections) {
        append_u32(out, rejection.index);
        append_u32(out, rejection.errors.size());
        for (const FieldError& error : rejection.errors) {
            append_u32(out, static_cast<std::size_t>(error.code));
            append_text(out, error.pointer);
            append_text(out, error.expected);
            append_text(out, error.found);
        }
    }
    return out;
}

/// Reads what encode_rejections wrote; every length is checked against what is left.
class RejectionReader {
public:
    explicit RejectionReader(std::string_view bytes) : rest_(bytes) {}

    bool at_end() const { return rest_.empty(); }
    std::optional<std::uint32_t> number() {
        if (rest_.size() < sizeof(std::uint32_t)) return std::nullopt;
        const auto n = load_le<std::uint32_t>(rest_.data());
        rest_.remove_prefix(sizeof n);
        return n;
    }
    std::optional<std::string> text() {
        const auto size = number();
        if (!size || *size > rest_.size()) return std::nullopt;
        std::string text(rest_.substr(0, *size));
        rest_.remove_prefix(*size);
        return text;
    }
    std::optional<FieldError> error() {
        const auto code = number();
        auto pointer = text();
        auto expected = text();
        auto found = text();
        if (!code || *code > static_cast<std::uint32_t>(FieldErrorCode::depth) || !pointer || !expected ||
            !found)
            return std::nullopt;
        return FieldError{static_cast<FieldErrorCode>(*code), std::move(*pointer), std::move(*expected),
                          std::move(*found)};
    }
    std::optional<Rejection> rejection() {
        const auto index = number();
        const auto count = number();
        if (!index || !count) return std::nullopt;
        Rejection rejection{*index, {}};
        for (std::uint32_t i = 0; i < *count; ++i) {
            auto one = error();
            if (!one) return std::nullopt;
            rejection.errors.push_back(std::move(*one));
        }
        return rejection;
    }

private:
    std::string_view rest_;
};

tl::unexpected<Error> bad(std::string_view what) {
    return failure(Errc::corruption, fmt::format("batch with impossible {}", what));
}

Result<std::vector<std::uint32_t>> decode_ends(std::string_view bytes, std::uint32_t count, std::size_t total,
                                               std::string_view what) {
    if (bytes.size() != std::size_t{count} * sizeof(std::uint32_t)) return bad(what);
    std::vector<std::uint32_t> ends(count);
    if (count != 0) std::memcpy(ends.data(), bytes.data(), bytes.size());
    std::uint32_t before = 0;
    for (const std::uint32_t end : ends) {
        if (end < before) return bad(what);
        before = end;
    }
    if (before != total) return bad(what);
    return ends;
}

Status parse_tlvs(std::string_view tlvs, StoredBatch& batch) {
    while (!tlvs.empty()) {
        if (tlvs.size() < kTlvHeaderBytes) return bad("tlv");
        const auto kind = load_le<std::uint16_t>(tlvs.data());
        const auto size = load_le<std::uint16_t>(tlvs.data() + 2);
        if (tlvs.size() - kTlvHeaderBytes < size) return bad("tlv length");
        const std::string_view value = tlvs.substr(kTlvHeaderBytes, size);
        if (kind == static_cast<std::uint16_t>(TlvKind::contract)) {
            batch.contract = value;
        } else if ((kind & kCritical) != 0) {
            return failure(
                Errc::unsupported,
                fmt::format("batch with critical tlv {:#x}: a newer program wrote it, use that one", kind));
        }
        tlvs.remove_prefix(kTlvHeaderBytes + size);
    }
    return {};
}

Status parse_directory(std::string_view directory, StoredBatch& batch) {
    batch.sections.reserve(directory.size() / kSectionEntryBytes);
    for (; !directory.empty(); directory.remove_prefix(kSectionEntryBytes)) {
        const char* at = directory.data();
        const auto offset = load_le<std::uint32_t>(at + 4);
        const auto size = load_le<std::uint32_t>(at + 8);
        if (offset > batch.body.size() || size > batch.body.size() - offset) return bad("section");
        SectionEntry entry{static_cast<SectionKind>(load_le<std::uint16_t>(at)),
                           static_cast<std::uint8_t>(at[2]), static_cast<std::uint8_t>(at[3]),
                           batch.body.substr(offset, size), load_le<std::uint32_t>(at + 12)};
        batch.sections.push_back(entry);
    }
    return {};
}

/// Sections by kind; refuses what this program cannot read.
Result<std::array<std::string_view, 7>> sections_by_kind(const StoredBatch& batch) {
    std::array<std::string_view, 7> by_kind;
    for (const SectionEntry& section : batch.sections) {
        const auto kind = static_cast<std::uint16_t>(section.kind);
        const std::size_t number = kind & ~kCritical;
        const bool known = (kind & kCritical) != 0 && number >= 1 && number < by_kind.size();
        if (known && section.codec == 0 && section.encoding == 0) {
            by_kind[number] = section.bytes;
        } else if ((kind & kCritical) != 0) {
            return failure(
                Errc::unsupported,
                fmt::format("batch with critical section {:#x} of codec {} and encoding {}: a newer "
                            "program wrote it, use that one",
                            kind, section.codec, section.encoding));
        }
    }
    return by_kind;
}

constexpr std::size_t number_of(SectionKind kind) { return static_cast<std::uint16_t>(kind) & ~kCritical; }

}  // namespace

EncodedBatch::EncodedBatch(const LogBatch& batch, std::uint16_t part, std::uint16_t of) {
    const RecordBlock& records = *batch.records;
    add_section(SectionKind::values, records.values.view());
    add_section(SectionKind::value_ends, bytes_of(records.ends));
    if (!records.rejections.empty()) {
        own_ = encode_rejections(records.rejections);
        add_section(SectionKind::rejections, own_.view());
    }
    if (!records.event_id_ends.empty()) {
        add_section(SectionKind::event_ids, records.event_ids.view());
        add_section(SectionKind::event_id_ends, bytes_of(records.event_id_ends));
    }
    finish({batch.kind == BatchKind::data ? StoredKind::data : StoredKind::control, part, of, batch.source,
            records.count(), static_cast<std::uint32_t>(records.rejections.size()), batch.contract});
}

EncodedBatch::EncodedBatch(const std::vector<SourceEnd>& ends) {
    for (const SourceEnd& end : ends) {
        char* at = own_.extend(kSourceEndBytes);
        store_le(at, end.source.value);
        store_le<std::uint32_t>(at + 4, 0);
        store_le(at + 8, end.next.value);
        store_le(at + 16, end.arrived.micros);
    }
    add_section(SectionKind::source_ends, own_.view());
    finish({StoredKind::checkpoint, 0, 1, SourceId{0}, 0, 0, {}});
}

std::size_t EncodedBatch::checkpoint_bytes(std::size_t sources) {
    return round_up(kFixedBytes + kSectionEntryBytes + sources * kSourceEndBytes, kAlign);
}

void EncodedBatch::add_section(SectionKind kind, std::string_view bytes) {
    sections_[section_count_++] = Section{kind, bytes};
}

void EncodedBatch::finish(const Fixed& fixed) {
    const std::size_t tlv_bytes = fixed.contract.empty() ? 0 : kTlvHeaderBytes + fixed.contract.size();
    const std::size_t head_bytes = kFixedBytes + tlv_bytes + section_count_ * kSectionEntryBytes;
    std::size_t body_bytes = 0;
    std::uint32_t body_crc = 0;
    for (std::size_t i = 0; i < section_count_; ++i) {
        body_bytes += sections_[i].bytes.size();
        body_crc = crc32c(sections_[i].bytes, body_crc);
    }
    bytes_ = round_up(head_bytes + body_bytes, kAlign);
    char* at = head_.extend(head_bytes);
    std::memset(at, 0, head_bytes);
    store_le(at, static_cast<std::uint32_t>(bytes_));
    store_le(at + 4, static_cast<std::uint32_t>(head_bytes));
    store_le(at + 8, static_cast<std::uint32_t>(body_bytes));
    store_le(at + 12, body_crc);
    store_le(at + 16, static_cast<std::uint8_t>(fixed.kind));
    store_le(at + 18, static_cast<std::uint16_t>(section_count_));
    store_le(at + 20, static_cast<std::uint16_t>(tlv_bytes));
    store_le(at + 22, fixed.part);
    store_le(at + 24, fixed.of);
    store_le(at + 28, fixed.source.value);
    store_le(at + 32, fixed.count);
    store_le(at + 36, fixed.rejected);
    at += kFixedBytes;
    if (tlv_bytes != 0) {
        store_le(at, static_cast<std::uint16_t>(TlvKind::contract));
        store_le(at + 2, static_cast<std::uint16_t>(fixed.contract.size()));
        std::memcpy(at + kTlvHeaderBytes, fixed.contract.data(), fixed.contract.size());
        at += tlv_bytes;
    }
    std::uint32_t offset = 0;
    for (std::size_t i = 0; i < section_count_; ++i, at += kSectionEntryBytes) {
        const auto size = static_cast<std::uint32_t>(sections_[i].bytes.size());
        store_le(at, static_cast<std::uint16_t>(sections_[i].kind));
        store_le(at + 4, offset);
        store_le(at + 8, size);
        store_le(at + 12, size);
        offset += size;
    }
}

std::uint32_t EncodedBatch::write_to(char* at, Offset base, Timestamp arrived,
                                     std::uint32_t heads_crc) const {
    std::memcpy(at, head_.data(), head_.size());
    store_le(at + 40, base.value);
    store_le(at + 48, arrived.micros);
    store_le(at + 56, arrived.micros);
    heads_crc = crc32c({at, head_.size()}, heads_crc);
    char* to = at + head_.size();
    for (std::size_t i = 0; i < section_count_; ++i) {
        const std::string_view bytes = sections_[i].bytes;
        if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
        to += bytes.size();
    }
    std::memset(to, 0, static_cast<std::size_t>(at + bytes_ - to));
    return heads_crc;
}

Result<StoredBatch> parse_batch(std::string_view bytes) {
    if (bytes.size() < kFixedBytes) return bad("length");
    const char* at = bytes.data();
    const auto total = load_le<std::uint32_t>(at);
    const auto head_bytes = load_le<std::uint32_t>(at + 4);
    const auto body_bytes = load_le<std::uint32_t>(at + 8);
    const std::size_t section_count = load_le<std::uint16_t>(at + 18);
    const std::size_t tlv_bytes = load_le<std::uint16_t>(at + 20);
    if (total > bytes.size() || total % kAlign != 0 || head_bytes > total ||
        body_bytes > total - head_bytes ||
        head_bytes != kFixedBytes + tlv_bytes + section_count * kSectionEntryBytes)
        return bad("length");
    StoredBatch batch;
    batch.bytes = total;
    batch.head = bytes.substr(0, head_bytes);
    batch.body = bytes.substr(head_bytes, body_bytes);
    batch.body_crc = load_le<std::uint32_t>(at + 12);
    batch.kind = static_cast<StoredKind>(at[16]);
    if (batch.kind > StoredKind::checkpoint)
        return failure(Errc::unsupported,
                       fmt::format("batch of kind {}: a newer program wrote it, use that one",
                                   static_cast<int>(batch.kind)));
    batch.part = load_le<std::uint16_t>(at + 22);
    batch.of = load_le<std::uint16_t>(at + 24);
    batch.source.value = load_le<std::uint32_t>(at + 28);
    batch.count = load_le<std::uint32_t>(at + 32);
    batch.rejected = load_le<std::uint32_t>(at + 36);
    batch.base.value = load_le<std::uint64_t>(at + 40);
    batch.arrived.micros = load_le<std::int64_t>(at + 48);
    TILLSTREAM_CHECK(parse_tlvs(batch.head.substr(kFixedBytes, tlv_bytes), batch));
    TILLSTREAM_CHECK(parse_directory(batch.head.substr(kFixedBytes + tlv_bytes), batch));
    return batch;
}

Result<RecordBlock> decode_records(const StoredBatch& batch) {
    const auto sections = TILLSTREAM_TRY(sections_by_kind(batch));
    RecordBlock block;
    const std::string_view values = sections[number_of(SectionKind::values)];
    block.values.append(values);
    block.ends = TILLSTREAM_TRY(decode_ends(sections[number_of(SectionKind::value_ends)], batch.count,
                                            values.size(), "record lengths"));
    for (std::size_t i = 0; i < block.ends.size(); ++i) {
        const std::uint32_t begin = i == 0 ? 0 : block.ends[i - 1];
        if (block.ends[i] == begin || values[block.ends[i] - 1] != '\n') return bad("record line");
    }
    RejectionReader reader(sections[number_of(SectionKind::rejections)]);
    while (!reader.at_end()) {
        auto rejection = reader.rejection();
        if (!rejection || rejection->index >= batch.count) return bad("rejection");
        if (!block.rejections.empty() && block.rejections.back().index >= rejection->index)
            return bad("rejection");
        block.rejections.push_back(std::move(*rejection));
    }
    if (block.rejections.size() != batch.rejected) return bad("rejected count");
    const std::string_view id_ends = sections[number_of(SectionKind::event_id_ends)];
    if (!id_ends.empty()) {
        const std::string_view ids = sections[number_of(SectionKind::event_ids)];
        block.event_ids.append(ids);
        block.event_id_ends =
            TILLSTREAM_TRY(decode_ends(id_ends, batch.count, ids.size(), "event id lengths"));
    }
    return block;
}

Result<std::vector<SourceEnd>> decode_checkpoint(const StoredBatch& batch) {
    const auto sections = TILLSTREAM_TRY(sections_by_kind(batch));
    std::string_view table = sections[number_of(SectionKind::source_ends)];
    if (table.size() % kSourceEndBytes != 0) return bad("checkpoint");
    std::vector<SourceEnd> ends;
    for (; !table.empty(); table.remove_prefix(kSourceEndBytes)) {
        ends.push_back({SourceId{load_le<std::uint32_t>(table.data())},
                        Offset{load_le<std::uint64_t>(table.data() + 8)},
                        Timestamp{load_le<std::int64_t>(table.data() + 16)}});
    }
    return ends;
}

}  // namespace tillstream::journal
