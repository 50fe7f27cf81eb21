#include "log/internal/format.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "core/bytes.h"
#include "core/checksum.h"
#include "core/digest.h"

namespace tillstream::journal {

namespace {

constexpr std::string_view kSegmentMagic = "TILLSEG1";
constexpr std::uint32_t kGroupMagic = 0x50524754;  // "TGRP"
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kSegmentHeaderBytes = 128;
/// The second copy lies in another half of the block, so a damaged sector takes one of them at most.
constexpr std::size_t kCopyAt[] = {0, kBlock / 2};
constexpr std::string_view kSegmentPrefix = "journal-";
constexpr std::string_view kSegmentSuffix = ".seg";

void encode_segment_copy(const SegmentHeader& h, char* at) {
    std::memset(at, 0, kSegmentHeaderBytes);
    std::memcpy(at, kSegmentMagic.data(), kSegmentMagic.size());
    store_le<std::uint16_t>(at + 12, kVersion);
    store_le<std::uint16_t>(at + 14, kSegmentHeaderBytes);
    std::memcpy(at + 32, h.uuid.bytes.data(), h.uuid.bytes.size());
    store_le(at + 48, h.id);
    store_le(at + 56, h.epoch.value);
    store_le(at + 64, h.nonce);
    store_le(at + 72, h.bytes);
    store_le(at + 80, h.prev_last_lsn.value);
    store_le(at + 88, h.prev_last_crc);
    store_le(at + 96, h.created.micros);
    store_le(at + 8, crc32c({at + 12, kSegmentHeaderBytes - 12}));
}

Result<SegmentHeader> decode_segment_copy(const char* at) {
    if (std::string_view(at, kSegmentMagic.size()) != kSegmentMagic)
        return failure(Errc::corruption, "no journal segment: the magic is missing");
    if (load_le<std::uint32_t>(at + 8) != crc32c({at + 12, kSegmentHeaderBytes - 12}))
        return failure(Errc::corruption, "the segment header's checksum is wrong");
    const auto version = load_le<std::uint16_t>(at + 12);
    const auto incompatible = load_le<std::uint64_t>(at + 24);
    if (version != kVersion || incompatible != 0)
        return failure(
            Errc::unsupported,
            fmt::format(
                "segment of format {} with feature bits {:#x}: a newer program wrote it, use that one",
                version, incompatible));
    SegmentHeader h;
    std::memcpy(h.uuid.bytes.data(), at + 32, h.uuid.bytes.size());
    h.id = load_le<std::uint64_t>(at + 48);
    h.epoch.value = load_le<std::uint64_t>(at + 56);
    h.nonce = load_le<std::uint64_t>(at + 64);
    h.bytes = load_le<std::uint64_t>(at + 72);
    h.prev_last_lsn.value = load_le<std::uint64_t>(at + 80);
    h.prev_last_crc = load_le<std::uint32_t>(at + 88);
    h.created.micros = load_le<std::int64_t>(at + 96);
    return h;
}

}  // namespace

std::string LogUuid::hex() const { return to_hex(view()); }

std::uint32_t SegmentHeader::seed() const {
    char identity[16 + 8 + 8];
    std::memcpy(identity, uuid.bytes.data(), 16);
    store_le(identity + 16, id);
    store_le(identity + 24, nonce);
    return crc32c({identity, sizeof identity});
}

void encode_segment_block(const SegmentHeader& header, char* block) {
    std::memset(block, 0, kBlock);
    for (const std::size_t copy : kCopyAt) encode_segment_copy(header, block + copy);
}

Result<SegmentHeader> decode_segment_block(std::string_view block) {
    if (block.size() < kBlock) return failure(Errc::corruption, "no journal segment: shorter than one block");
    auto first = decode_segment_copy(block.data() + kCopyAt[0]);
    if (first || first.error().code == Errc::unsupported) return first;
    auto second = decode_segment_copy(block.data() + kCopyAt[1]);
    if (second || second.error().code == Errc::unsupported) return second;
    return first;
}

std::uint64_t GroupHeader::stored_bytes() const { return round_up(kGroupHeaderBytes + body_bytes, kBlock); }

void encode_group_header(GroupHeader& h, std::uint32_t seed, char* at) {
    std::memset(at, 0, kGroupHeaderBytes);
    store_le(at, kGroupMagic);
    store_le(at + 8, h.heads_crc);
    store_le(at + 12, h.prev_crc);
    store_le(at + 16, h.lsn.value);
    store_le(at + 24, h.epoch.value);
    store_le(at + 32, h.segment);
    store_le(at + 40, h.body_bytes);
    store_le(at + 44, h.batches);
    store_le(at + 48, h.flags);
    store_le(at + 56, h.committed.micros);
    h.header_crc = crc32c({at + 8, kGroupHeaderBytes - 8}, seed);
    store_le(at + 4, h.header_crc);
}

std::optional<GroupHeader> decode_group_header(std::string_view bytes, const SegmentHeader& segment) {
    if (bytes.size() < kGroupHeaderBytes) return std::nullopt;
    const char* at = bytes.data();
    if (load_le<std::uint32_t>(at) != kGroupMagic) return std::nullopt;
    GroupHeader h;
    h.header_crc = load_le<std::uint32_t>(at + 4);
    if (h.header_crc != crc32c(bytes.substr(8, kGroupHeaderBytes - 8), segment.seed())) return std::nullopt;
    h.heads_crc = load_le<std::uint32_t>(at + 8);
    h.prev_crc = load_le<std::uint32_t>(at + 12);
    h.lsn.value = load_le<std::uint64_t>(at + 16);
    h.epoch.value = load_le<std::uint64_t>(at + 24);
    h.segment = load_le<std::uint64_t>(at + 32);
    h.body_bytes = load_le<std::uint32_t>(at + 40);
    h.batches = load_le<std::uint32_t>(at + 44);
    h.flags = load_le<std::uint32_t>(at + 48);
    h.committed.micros = load_le<std::int64_t>(at + 56);
    if (h.segment != segment.id || h.epoch != segment.epoch) return std::nullopt;
    return h;
}

std::string segment_name(std::uint64_t id) {
    return fmt::format("{}{:012}{}", kSegmentPrefix, id, kSegmentSuffix);
}

std::optional<std::uint64_t> segment_id(std::string_view name) {
    if (!name.starts_with(kSegmentPrefix) || !name.ends_with(kSegmentSuffix)) return std::nullopt;
    std::uint64_t id = 0;
    const char* end = name.data() + name.size() - kSegmentSuffix.size();
    const auto [stop, bad] = std::from_chars(name.data() + kSegmentPrefix.size(), end, id);
    if (bad != std::errc() || stop != end || segment_name(id) != name) return std::nullopt;
    return id;
}

}  // namespace tillstream::journal
