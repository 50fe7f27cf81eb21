#include "log/internal/segment_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/checksum.h"

namespace tillstream::journal {

namespace {

constexpr std::size_t kReadAhead = std::size_t{1} << 20;

/// Splits a group's body and checks every checksum in it; the reason it fails otherwise.
Status check_body(Group& group, std::uint32_t seed) {
    std::string_view rest = group.body;
    std::uint32_t heads_crc = seed;
    group.batches.clear();
    for (std::uint32_t i = 0; i < group.header.batches; ++i) {
        StoredBatch batch = TILLSTREAM_TRY(parse_batch(rest));
        heads_crc = crc32c(batch.head, heads_crc);
        if (crc32c(batch.body) != batch.body_crc)
            return failure(Errc::corruption, fmt::format("batch {} has a wrong checksum", i));
        rest.remove_prefix(batch.bytes);
        group.batches.push_back(std::move(batch));
    }
    if (!rest.empty()) return failure(Errc::corruption, "the group is longer than its batches");
    if (heads_crc != group.header.heads_crc)
        return failure(Errc::corruption, "the batch heads have a wrong checksum");
    return {};
}

}  // namespace

Result<std::unique_ptr<SegmentReader>> SegmentReader::open(Filesystem& fs, const std::string& path) {
    auto file = TILLSTREAM_TRY(fs.open(path, {.direct = true}));
    const std::uint64_t bytes = TILLSTREAM_TRY(file->size());
    std::unique_ptr<SegmentReader> reader(new SegmentReader(std::move(file), bytes));
    // No read ahead yet: behind the header a live segment still changes.
    auto block = reader->bytes_at(0, kBlock, kBlock);
    if (!block) return failure(Errc::corruption, fmt::format("{}: {}", path, block.error().message));
    auto header = decode_segment_block(*block);
    if (!header) return failure(std::move(header).error().with_context(path));
    reader->header_ = *header;
    reader->last_lsn_ = header->prev_last_lsn;
    reader->last_crc_ = header->prev_last_crc;
    return reader;
}

Result<std::string_view> SegmentReader::bytes_at(std::uint64_t offset, std::size_t size,
                                                 std::uint64_t limit) {
    limit = std::min(limit, file_bytes_);
    if (offset + size > limit) return failure(Errc::corruption, "the file ends within a group");
    if (offset >= buffer_at_ && offset + size <= buffer_at_ + buffer_size_)
        return std::string_view(buffer_.data() + (offset - buffer_at_), size);
    const std::size_t want =
        round_up(std::max(size, std::min<std::size_t>(kReadAhead, limit - offset)), kBlock);
    if (buffer_.size() < want) buffer_ = AlignedBuffer(want);
    buffer_at_ = offset;
    buffer_size_ = 0;
    auto got = file_->read_at(offset, buffer_.data(), want);
    // Read ahead may have met a bad block that nobody asked for.
    if (!got || *got < size) got = file_->read_at(offset, buffer_.data(), round_up(size, kBlock));
    if (!got) return failure(Errc::io, fmt::format("unreadable: {}", got.error().message));
    if (*got < size) return failure(Errc::corruption, "the file ends within a group");
    buffer_size_ = static_cast<std::size_t>(std::min<std::uint64_t>(*got, limit - offset));
    return std::string_view(buffer_.data(), size);
}

std::optional<Group> SegmentReader::group_at(std::uint64_t offset, std::uint64_t limit, bool chained,
                                             std::string& reason) {
    auto head = bytes_at(offset, kBlock, limit);
    if (!head) {
        reason = head.error().message;
        return std::nullopt;
    }
    const auto header = decode_group_header(*head, header_);
    if (!header) {
        reason = "no valid group header";
        return std::nullopt;
    }
    Group group;
    group.header = *header;
    group.offset = offset;
    const bool follows = header->lsn.value == last_lsn_.value + 1 && header->prev_crc == last_crc_;
    if (chained ? !follows : header->lsn <= last_lsn_) {
        reason = fmt::format("group {} does not follow group {}", header->lsn.value, last_lsn_.value);
        return std::nullopt;
    }
    auto stored = bytes_at(offset, header->stored_bytes(), limit);
    if (!stored) {
        reason = fmt::format("group {}: {}", header->lsn.value, stored.error().message);
        return std::nullopt;
    }
    group.body = stored->substr(kGroupHeaderBytes, header->body_bytes);
    if (auto checked = check_body(group, header_.seed()); !checked) {
        reason = fmt::format("group {}: {}", header->lsn.value, checked.error().message);
        return std::nullopt;
    }
    return group;
}

void SegmentReader::accept(const Group& group) {
    position_ = group.offset + group.header.stored_bytes();
    last_lsn_ = group.header.lsn;
    last_crc_ = group.header.header_crc;
    chained_ = true;
}

SegmentReader::Step SegmentReader::next(Lsn last, std::uint64_t limit) {
    limit = std::min(limit, file_bytes_);
    if (finished_ || last_lsn_ >= last) return {};
    if (last == kNoLimit && position_ >= limit) return {};
    std::string reason;
    if (auto group = group_at(position_, limit, chained_, reason)) {
        accept(*group);
        return {std::nullopt, std::move(group)};
    }
    return search(last, limit, std::move(reason));
}

SegmentReader::Step SegmentReader::search(Lsn last, std::uint64_t limit, std::string reason) {
    Damage damage{position_, limit, last == kNoLimit ? Lsn{0} : last, std::move(reason)};
    bool damaged = last != kNoLimit;
    for (std::uint64_t offset = position_; offset + kBlock <= limit; offset += kBlock) {
        auto block = bytes_at(offset, kBlock, limit);
        if (!block) {
            damaged = damaged || block.error().code == Errc::io;
            continue;
        }
        const auto header = decode_group_header(*block, header_);
        if (!header || header->lsn.value <= last_lsn_.value + 1) continue;
        // A group is written only after the one before it was flushed: whatever precedes this header was
        // durable.
        damaged = true;
        damage.last = std::max(damage.last, Lsn{header->lsn.value - 1});
        std::string ignored;
        auto group = header->lsn <= last ? group_at(offset, limit, false, ignored) : std::nullopt;
        if (!group) continue;
        damage.to = offset;
        damage.last = Lsn{header->lsn.value - 1};
        accept(*group);
        return {std::move(damage), std::move(group)};
    }
    if (last == kNoLimit) {
        finished_ = true;
        if (!damaged) return {};
    } else {
        // The segment may still grow behind the damage.
        position_ = limit;
        last_lsn_ = last;
        chained_ = false;
    }
    return {std::move(damage), std::nullopt};
}

}  // namespace tillstream::journal
