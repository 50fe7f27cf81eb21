// batch_codec.h - a batch of records as bytes: head (fixed part, TLVs, section directory) and sections.
//
// Split:    all but base, arrival and the group's checksum is computed by the appending thread; the commit
//           thread copies and stamps. The head's body_crc therefore does not cover what is stamped; the
//           group's heads_crc does.
// Errors:   of decode: corruption (lengths or content impossible), unsupported (critical TLV or section of a
//           newer program).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "ports/event_log.h"

namespace tillstream::journal {

enum class StoredKind : std::uint8_t { data = 0, control = 1, checkpoint = 2 };

/// A critical section or TLV kind (this bit set) must be understood to read the batch; others may be skipped.
inline constexpr std::uint16_t kCritical = 0x8000;

enum class SectionKind : std::uint16_t {
    values = kCritical | 1,
    value_ends = kCritical | 2,
    rejections = kCritical | 3,
    event_ids = kCritical | 4,
    event_id_ends = kCritical | 5,
    source_ends = kCritical | 6,
};

enum class TlvKind : std::uint16_t { contract = kCritical | 1 };

/// Where a source stood when a checkpoint was written.
struct SourceEnd {
    SourceId source;
    Offset next;
    Timestamp arrived;  ///< of its newest record
    friend bool operator==(const SourceEnd&, const SourceEnd&) = default;
};

/// A batch on its way to the disk. Borrows the record block's memory: keep the batch alive until write_to.
class EncodedBatch {
public:
    /// Of a batch of records; `part` of `of` batches of its request.
    EncodedBatch(const LogBatch& batch, std::uint16_t part, std::uint16_t of);
    /// Of a checkpoint.
    explicit EncodedBatch(const std::vector<SourceEnd>& ends);

    /// bytes() of a checkpoint that names `sources` sources.
    static std::size_t checkpoint_bytes(std::size_t sources);

    std::size_t bytes() const { return bytes_; }
    /// Writes bytes() bytes and returns the checksum of the heads continued by this one's.
    std::uint32_t write_to(char* at, Offset base, Timestamp arrived, std::uint32_t heads_crc) const;

private:
    struct Fixed {
        StoredKind kind;
        std::uint16_t part, of;
        SourceId source;
        std::uint32_t count, rejected;
        std::string_view contract;
    };
    void add_section(SectionKind kind, std::string_view bytes);
    void finish(const Fixed& fixed);

    struct Section {
        SectionKind kind;
        std::string_view bytes;
    };
    std::array<Section, 5> sections_;
    std::size_t section_count_ = 0;
    Buffer head_;
    Buffer own_;  ///< bytes of sections that the record block does not hold in stored form
    std::size_t bytes_ = 0;
};

struct SectionEntry {
    SectionKind kind{};
    std::uint8_t codec = 0;
    std::uint8_t encoding = 0;
    std::string_view bytes;
    std::uint32_t raw_bytes = 0;
};

/// A batch as it lies in a group; views into the group's bytes.
struct StoredBatch {
    StoredKind kind{};
    std::uint16_t part = 0, of = 0;
    SourceId source;
    std::uint32_t count = 0, rejected = 0;
    Offset base;
    Timestamp arrived;
    std::string_view contract;
    std::string_view head;
    std::string_view body;
    std::uint32_t body_crc = 0;
    std::size_t bytes = 0;  ///< with padding
    std::vector<SectionEntry> sections;

    Offset end() const { return Offset{base.value + count}; }
};

/// The batch at the start of `bytes`; does not check body_crc.
Result<StoredBatch> parse_batch(std::string_view bytes);
Result<RecordBlock> decode_records(const StoredBatch& batch);
Result<std::vector<SourceEnd>> decode_checkpoint(const StoredBatch& batch);

}  // namespace tillstream::journal
