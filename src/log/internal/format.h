// format.h - the bytes of a journal file: segment block and group header (docs/formats/journal.md).
//
// Rule:    every checksum of a segment is seeded from its nonce, so bytes of an earlier use of the file never
//          fit.
// Errors:  of decode: corruption (not what was written), unsupported (written by a newer program).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"

namespace tillstream::journal {

/// Unit of writing: every group starts on a multiple of it.
inline constexpr std::size_t kBlock = 4096;
inline constexpr std::size_t kGroupHeaderBytes = 64;

/// Identity of one log, minted when its folder is first opened.
struct LogUuid {
    std::array<char, 16> bytes{};
    std::string_view view() const { return {bytes.data(), bytes.size()}; }
    std::string hex() const;
    friend bool operator==(const LogUuid&, const LogUuid&) = default;
};

/// Content of a file's first block, stored there twice.
struct SegmentHeader {
    LogUuid uuid;
    std::uint64_t id = 0;
    Epoch epoch;
    std::uint64_t nonce = 0;
    std::uint64_t bytes = 0;  ///< size the file was prepared with
    Lsn prev_last_lsn;        ///< last group before this segment; its first group follows that number
    std::uint32_t prev_last_crc = 0;
    Timestamp created;

    /// Start value of every checksum in the segment.
    std::uint32_t seed() const;
    friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

/// Fills a whole block.
void encode_segment_block(const SegmentHeader& header, char* block);
/// The first copy that is whole.
Result<SegmentHeader> decode_segment_block(std::string_view block);

enum GroupFlags : std::uint32_t {
    kGroupSeal = 1,   ///< written when the log fell idle: what lies before it is whole
    kGroupClean = 2,  ///< the last group of a clean stop
};

struct GroupHeader {
    std::uint32_t header_crc = 0;  ///< filled by encode and decode
    std::uint32_t heads_crc = 0;   ///< over all batch heads, which carry the checksums of the bodies
    std::uint32_t prev_crc = 0;    ///< header_crc of the group before
    Lsn lsn;
    Epoch epoch;
    std::uint64_t segment = 0;
    std::uint32_t body_bytes = 0;  ///< behind the header, without the padding to the block
    std::uint32_t batches = 0;
    std::uint32_t flags = 0;
    Timestamp committed;

    std::uint64_t stored_bytes() const;  ///< with header and padding
};

/// Writes kGroupHeaderBytes; sets header.header_crc.
void encode_group_header(GroupHeader& header, std::uint32_t seed, char* at);
/// Nothing if it is no group header of this segment.
std::optional<GroupHeader> decode_group_header(std::string_view bytes, const SegmentHeader& segment);

std::string segment_name(std::uint64_t id);
/// Nothing if `name` is no segment's.
std::optional<std::uint64_t> segment_id(std::string_view name);

}  // namespace tillstream::journal
