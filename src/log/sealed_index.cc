#include "log/internal/sealed_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "log/internal/sealed_sections.h"
#include "log/internal/varint.h"

namespace tillstream::journal {

namespace {

constexpr std::int64_t kHourMicros = 3'600'000'000;

tl::unexpected<Error> bad(std::string_view what) {
    return failure(Errc::corruption, fmt::format("index with impossible {}", what));
}

tl::unexpected<Error> newer(std::string_view what, std::uint64_t number) {
    return failure(Errc::unsupported,
                   fmt::format("index with {} {:#x}: a newer program wrote it, use that one", what, number));
}

bool is_hour(Timestamp at) {
    return at.micros % kHourMicros == 0 && at >= to_timestamp({1, 1, 1, 0, 0, 0, 0}) &&
           at <= to_timestamp({9999, 12, 31, 23, 0, 0, 0});
}

std::optional<FieldError> read_error(VarintReader& reader) {
    const auto code = reader.number();
    const auto pointer = reader.text();
    const auto expected = reader.text();
    const auto found = reader.text();
    if (!code || *code > static_cast<std::uint64_t>(FieldErrorCode::depth) || !pointer || !expected || !found)
        return std::nullopt;
    return FieldError{static_cast<FieldErrorCode>(*code), std::string(*pointer), std::string(*expected),
                      std::string(*found)};
}

}  // namespace

struct SealedIndex::Parser {
    SealedIndex& index;
    std::uint32_t frame_count = 0, batch_count = 0;
    std::array<std::string_view, kSealedSections + 1> sections;

    std::string_view section(SealedSection kind) const {
        return sections[static_cast<std::uint16_t>(kind) & ~kCritical];
    }

    Status parse_id(std::string_view raw);
    Status parse_sections(std::string_view entries, std::string_view bytes);
    Status parse_frames(std::uint64_t frames_end);
    Status parse_contracts();
    Status parse_batches();
    Status check_batch(const SealedBatchEntry& batch, std::uint64_t count) const;
    Status parse_rejections();
    Status parse_event_ids();
};

Result<SealedIndex> SealedIndex::parse(Buffer raw, std::uint64_t frames_end) {
    SealedIndex index;
    index.raw_ = std::move(raw);
    Parser parser{index, 0, 0, {}};
    TILLSTREAM_CHECK(parser.parse_id(index.raw_.view()));
    TILLSTREAM_CHECK(parser.parse_frames(frames_end));
    TILLSTREAM_CHECK(parser.parse_contracts());
    TILLSTREAM_CHECK(parser.parse_batches());
    TILLSTREAM_CHECK(parser.parse_rejections());
    TILLSTREAM_CHECK(parser.parse_event_ids());
    return index;
}

Status SealedIndex::Parser::parse_id(std::string_view raw) {
    if (raw.size() < kSealedIdBytes) return bad("length");
    const char* at = raw.data();
    SealedId& id = index.id_;
    std::copy_n(at, id.log.bytes.size(), id.log.bytes.begin());
    id.source.id.value = load_le<std::uint32_t>(at + 16);
    id.source.shard.value = load_le<std::uint32_t>(at + 20);
    id.source.incarnation = load_le<std::uint32_t>(at + 24);
    const auto kind = static_cast<std::uint8_t>(at[28]);
    if (kind > static_cast<std::uint8_t>(BatchKind::control)) return newer("records of kind", kind);
    id.kind = static_cast<BatchKind>(kind);
    const std::size_t section_count = load_le<std::uint16_t>(at + 30);
    id.hour.micros = load_le<std::int64_t>(at + 32);
    id.first.value = load_le<std::uint64_t>(at + 40);
    id.last.value = load_le<std::uint64_t>(at + 48);
    frame_count = load_le<std::uint32_t>(at + 56);
    batch_count = load_le<std::uint32_t>(at + 60);
    index.records_ = load_le<std::uint32_t>(at + 64);
    const auto name_bytes = load_le<std::uint32_t>(at + 68);
    if (!is_hour(id.hour)) return bad("hour");
    if (id.first > id.last || id.last.value == UINT64_MAX) return bad("offsets");
    const std::string_view rest = raw.substr(kSealedIdBytes);
    const std::size_t entry_bytes = section_count * kSealedSectionEntryBytes;
    if (name_bytes > rest.size() || entry_bytes > rest.size() - name_bytes) return bad("length");
    id.source.stream = rest.substr(0, name_bytes);
    return parse_sections(rest.substr(name_bytes, entry_bytes), rest.substr(name_bytes + entry_bytes));
}

Status SealedIndex::Parser::parse_sections(std::string_view entries, std::string_view bytes) {
    for (; !entries.empty(); entries.remove_prefix(kSealedSectionEntryBytes)) {
        const char* at = entries.data();
        const auto kind = load_le<std::uint16_t>(at);
        const auto form = load_le<std::uint16_t>(at + 2);  // codec and encoding
        const auto offset = load_le<std::uint32_t>(at + 4);
        const auto size = load_le<std::uint32_t>(at + 8);
        if (offset > bytes.size() || size > bytes.size() - offset) return bad("section");
        const std::size_t number = kind & ~kCritical;
        const bool known = (kind & kCritical) != 0 && number >= 1 && number <= kSealedSections && form == 0;
        if (known) {
            if (!sections[number].empty()) return bad("section that is there twice");
            sections[number] = bytes.substr(offset, size);
        } else if ((kind & kCritical) != 0) {
            return newer("critical section", kind);
        }
    }
    return {};
}

Status SealedIndex::Parser::parse_frames(std::uint64_t frames_end) {
    std::string_view table = section(SealedSection::frames);
    if (table.size() != std::size_t{frame_count} * kSealedFrameEntryBytes) return bad("frames");
    index.frames_.reserve(frame_count);
    std::uint64_t at = 0;
    std::uint64_t records = 0;
    for (; !table.empty(); table.remove_prefix(kSealedFrameEntryBytes)) {
        const char* entry = table.data();
        SealedFrame frame{load_le<std::uint32_t>(entry),      load_le<std::uint32_t>(entry + 4),
                          load_le<std::uint32_t>(entry + 8),  load_le<std::uint32_t>(entry + 12),
                          load_le<std::uint32_t>(entry + 16), at,
                          static_cast<std::uint32_t>(records)};
        const bool plausible = frame.stored_bytes > 0 && frame.records > 0 &&
                               frame.records <= frame.raw_bytes && frame.raw_bytes <= kMaxSealedFrameBytes &&
                               frame.raw_bytes <= frame.stored_bytes * kMaxSealedRatio;
        at += frame.stored_bytes;
        records += frame.records;
        if (!plausible || at > frames_end || records > index.records_) return bad("frame");
        index.frames_.push_back(frame);
    }
    if (at != frames_end || records != index.records_ || records == 0) return bad("frames");
    return {};
}

Status SealedIndex::Parser::parse_contracts() {
    VarintReader reader(section(SealedSection::contracts));
    while (!reader.at_end()) {
        const auto contract = reader.text();
        if (!contract) return bad("contract");
        index.contracts_.push_back(*contract);
    }
    return {};
}

Status SealedIndex::Parser::check_batch(const SealedBatchEntry& batch, std::uint64_t count) const {
    const SealedId& id = index.id_;
    const bool first = index.batches_.empty();
    if (count == 0 || count > index.records_ - batch.first_ordinal) return bad("number of records");
    if (batch.base < id.first || (first && batch.base != id.first) || batch.base > id.last ||
        count - 1 > id.last.value - batch.base.value)
        return bad("offset");
    if (batch.arrived < id.hour || batch.arrived.micros - id.hour.micros >= kHourMicros)
        return bad("time of arrival");
    if (batch.contract >= index.contracts_.size()) return bad("contract");
    return {};
}

Status SealedIndex::Parser::parse_batches() {
    VarintReader holes(section(SealedSection::holes)), counts(section(SealedSection::counts)),
        arrivals(section(SealedSection::arrivals)), groups(section(SealedSection::groups)),
        numbers(section(SealedSection::numbers)), contracts(section(SealedSection::batch_contracts)),
        flags(section(SealedSection::flags));
    if (batch_count > counts.left()) return bad("number of batches");
    index.batches_.reserve(batch_count);
    Offset next = index.id_.first;
    Timestamp arrived = index.id_.hour;
    Lsn group;
    std::uint32_t ordinal = 0;
    for (std::uint32_t i = 0; i < batch_count; ++i) {
        const auto hole = holes.number(), count = counts.number(), later = arrivals.number(),
                   farther = groups.number(), flag = flags.number();
        const auto number = numbers.number32(), contract = contracts.number32();
        if (!hole || !count || !later || !farther || !flag || !number || !contract) return bad("batch");
        if (*hole > UINT64_MAX - next.value || *farther > UINT64_MAX - group.value ||
            *later >= static_cast<std::uint64_t>(kHourMicros) || *flag > kSealedBatchHasEventIds)
            return bad("batch");
        next.value += *hole;
        arrived.micros += static_cast<std::int64_t>(*later);
        group.value += *farther;
        const SealedBatchEntry batch{next, arrived, group, *number, *contract, ordinal, 0, *flag != 0};
        TILLSTREAM_CHECK(check_batch(batch, *count));
        index.batches_.push_back(batch);
        next.value += *count;
        ordinal += static_cast<std::uint32_t>(*count);
    }
    const bool all_read = holes.at_end() && counts.at_end() && arrivals.at_end() && groups.at_end() &&
                          numbers.at_end() && contracts.at_end() && flags.at_end();
    if (!all_read || ordinal != index.records_ || next.value - 1 != index.id_.last.value)
        return bad("batches");
    return {};
}

Status SealedIndex::Parser::parse_rejections() {
    const std::string_view bytes = index.rejection_bytes_ = section(SealedSection::rejections);
    VarintReader reader(bytes);
    std::uint64_t next = 0;
    while (!reader.at_end()) {
        const auto skipped = reader.number32();
        if (!skipped || next + *skipped >= index.records_) return bad("rejection");
        const std::uint64_t ordinal = next + *skipped;
        const std::size_t at = bytes.size() - reader.left();
        const auto errors = reader.number();
        if (!errors) return bad("rejection");
        for (std::uint64_t i = 0; i < *errors; ++i)
            if (!read_error(reader)) return bad("rejection");
        index.rejections_.push_back({static_cast<std::uint32_t>(ordinal), static_cast<std::uint32_t>(at)});
        next = ordinal + 1;
    }
    return {};
}

Status SealedIndex::Parser::parse_event_ids() {
    index.event_ids_ = section(SealedSection::event_ids);
    VarintReader sizes(section(SealedSection::event_id_sizes));
    std::uint64_t end = 0;
    for (std::size_t b = 0; b < index.batches_.size(); ++b) {
        SealedBatchEntry& batch = index.batches_[b];
        if (!batch.event_ids) continue;
        batch.first_event_id = static_cast<std::uint32_t>(index.event_id_ends_.size());
        const std::uint32_t count = index.batch_end(b) - batch.first_ordinal;
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto size = sizes.number32();
            if (!size || *size > index.event_ids_.size() - end) return bad("event id");
            end += *size;
            index.event_id_ends_.push_back(static_cast<std::uint32_t>(end));
        }
    }
    if (!sizes.at_end() || end != index.event_ids_.size()) return bad("event ids");
    return {};
}

std::uint32_t SealedIndex::batch_end(std::size_t batch) const {
    return batch + 1 < batches_.size() ? batches_[batch + 1].first_ordinal : records_;
}

std::uint32_t SealedIndex::frame_end(std::size_t frame) const {
    return frames_[frame].first_ordinal + frames_[frame].records;
}

std::size_t SealedIndex::batch_of(std::uint32_t ordinal) const {
    const auto behind = std::upper_bound(batches_.begin(), batches_.end(), ordinal,
                                         [](std::uint32_t o, const auto& b) { return o < b.first_ordinal; });
    return static_cast<std::size_t>(behind - batches_.begin()) - 1;
}

std::size_t SealedIndex::frame_of(std::uint32_t ordinal) const {
    const auto behind = std::upper_bound(frames_.begin(), frames_.end(), ordinal,
                                         [](std::uint32_t o, const auto& f) { return o < f.first_ordinal; });
    return static_cast<std::size_t>(behind - frames_.begin()) - 1;
}

std::vector<Rejection> SealedIndex::rejections(std::uint32_t from, std::uint32_t to) const {
    std::vector<Rejection> found;
    auto at = std::lower_bound(rejections_.begin(), rejections_.end(), from,
                               [](const SealedRejection& r, std::uint32_t o) { return r.ordinal < o; });
    for (; at != rejections_.end() && at->ordinal < to; ++at) {
        VarintReader reader(rejection_bytes_.substr(at->at));
        Rejection rejection{at->ordinal - from, {}};
        const std::uint64_t errors = *reader.number();  // parse has read it all once
        for (std::uint64_t i = 0; i < errors; ++i) rejection.errors.push_back(*read_error(reader));
        found.push_back(std::move(rejection));
    }
    return found;
}

void SealedIndex::copy_event_ids(const SealedBatchEntry& batch, std::uint32_t from, std::uint32_t to,
                                 RecordBlock& into) const {
    if (!batch.event_ids) return;
    const std::uint32_t first = batch.first_event_id + (from - batch.first_ordinal);
    const std::uint32_t begin = first == 0 ? 0 : event_id_ends_[first - 1];
    into.event_id_ends.reserve(to - from);
    for (std::uint32_t i = first; i < first + (to - from); ++i)
        into.event_id_ends.push_back(event_id_ends_[i] - begin);
    into.event_ids.append(event_ids_.substr(begin, into.event_id_ends.back()));
}

}  // namespace tillstream::journal
