// sealed_index.h - the index of a sealed object: where its lines lie, and all that is known of them.
//
// Form:     docs/formats/sealed.md. Builder and parser are each other's inverse.
// Limits:   below; what exceeds them is refused on both sides. Parsing allocates in proportion to the decoded
//           index, whose size is checked against the bytes it was stored in.
// Errors:   of parse: corruption (what is impossible), unsupported (a newer program wrote it).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "log/internal/sealed_object.h"

namespace tillstream::journal {

inline constexpr std::size_t kSealedFrameBytes = std::size_t{1} << 20;  ///< of lines, unless one is longer
inline constexpr std::size_t kMaxSealedFrameBytes = std::size_t{256} << 20;
inline constexpr std::size_t kMaxSealedBatchBytes = std::size_t{256} << 20;
/// The most that a stored byte of zstd can become: a block of 128 KiB in 4 bytes.
inline constexpr std::uint64_t kMaxSealedRatio = 32768;
inline constexpr std::size_t kSealedFooterBytes = 64;
inline constexpr std::size_t kSkippableHeaderBytes = 8;
/// zstd leaves 0x184D2A50 to 0x184D2A5F to others and passes over their frames.
inline constexpr std::uint32_t kSkippableMagic = 0x184D2A54;
inline constexpr int kSealedZstdLevel = 3;

/// Last bytes of every sealed object.
inline constexpr std::string_view kSealedMagic = "TILLSEA1";

/// Consecutive lines, compressed together.
struct SealedFrame {
    std::uint32_t stored_bytes = 0;
    std::uint32_t raw_bytes = 0;
    std::uint32_t records = 0;
    std::uint32_t stored_crc = 0;
    std::uint32_t raw_crc = 0;
    // Derived.
    std::uint64_t at = 0;             ///< byte in the object
    std::uint32_t first_ordinal = 0;  ///< of its records among those of the object, from 0
};

struct SealedBatchEntry {
    Offset base;
    Timestamp arrived;
    Lsn group;
    std::uint32_t number = 0;  ///< record batches before it in its group
    std::uint32_t contract = 0;
    std::uint32_t first_ordinal = 0;
    std::uint32_t first_event_id = 0;
    bool event_ids = false;
};

/// Where the errors of a rejected record lie in the index.
struct SealedRejection {
    std::uint32_t ordinal = 0;
    std::uint32_t at = 0;  ///< in the section
};

class SealedIndex {
public:
    /// `raw` is decoded; frames must fill the object up to byte `frames_end`.
    static Result<SealedIndex> parse(Buffer raw, std::uint64_t frames_end);

    const SealedId& id() const { return id_; }
    std::uint32_t records() const { return records_; }
    std::size_t raw_bytes() const { return raw_.size(); }
    const std::vector<SealedFrame>& frames() const { return frames_; }
    const std::vector<SealedBatchEntry>& batches() const { return batches_; }
    /// Ordinal behind the batch's last record.
    std::uint32_t batch_end(std::size_t batch) const;
    std::uint32_t frame_end(std::size_t frame) const;
    std::size_t batch_of(std::uint32_t ordinal) const;
    std::size_t frame_of(std::uint32_t ordinal) const;
    std::string_view contract_of(const SealedBatchEntry& batch) const { return contracts_[batch.contract]; }

    /// Of the records from `from` to `to` (exclusive), which lie in `batch`; indexes count from `from`.
    std::vector<Rejection> rejections(std::uint32_t from, std::uint32_t to) const;
    void copy_event_ids(const SealedBatchEntry& batch, std::uint32_t from, std::uint32_t to,
                        RecordBlock& into) const;

private:
    struct Parser;

    Buffer raw_;
    SealedId id_;
    std::uint32_t records_ = 0;
    std::vector<SealedFrame> frames_;
    std::vector<SealedBatchEntry> batches_;
    std::vector<std::string_view> contracts_;  ///< into raw_
    std::string_view rejection_bytes_;
    std::vector<SealedRejection> rejections_;
    std::string_view event_ids_;
    std::vector<std::uint32_t> event_id_ends_;
};

/// What verdicts take of a decoded index, at most.
std::uint64_t verdict_bytes_of(const std::vector<Rejection>& rejections);

/// Collects what SealedIndex::parse gives back.
class SealedIndexBuilder {
public:
    void add_frame(const SealedFrame& frame);
    /// `batch` is well-formed and follows the one before.
    void add_batch(const LogBatch& batch, const Cursor& place, Timestamp hour);
    /// About the decoded size.
    std::size_t bytes() const;
    std::uint32_t records() const { return records_; }
    Buffer build(const SealedId& id) const;

private:
    void add_rejections(const RecordBlock& records);
    std::uint32_t contract_number(const std::string& contract);

    Buffer frames_, contracts_, holes_, counts_, arrivals_, groups_, numbers_, batch_contracts_, flags_;
    Buffer rejections_, event_id_sizes_, event_ids_;
    std::unordered_map<std::string, std::uint32_t> contract_numbers_;
    std::uint32_t frame_count_ = 0, batch_count_ = 0, records_ = 0;
    std::uint32_t next_rejection_ = 0;  ///< ordinal behind the last rejected record
    Offset next_;
    Timestamp arrived_;
    Lsn group_;
};

struct SealedFooter {
    std::uint64_t incompatible = 0;
    std::uint64_t compatible = 0;
    std::uint64_t object_bytes = 0;
    std::uint64_t index_at = 0;
    std::uint32_t index_bytes = 0;
    std::uint32_t index_raw_bytes = 0;
    std::uint32_t index_crc = 0;
};

void append_footer(Buffer& out, const SealedFooter& footer);
/// `bytes` are the object's last kSealedFooterBytes; everything in it is checked against `object_bytes`.
Result<SealedFooter> parse_footer(std::string_view bytes, std::uint64_t object_bytes);

/// Gives bytes of the object; fewer at its end.
using ReadBytes = std::function<Result<std::string>(std::uint64_t offset, std::size_t size)>;

/// Reads footer and index. corruption names what does not hold.
Result<SealedIndex> load_sealed_index(const ReadBytes& read, std::uint64_t object_bytes);

}  // namespace tillstream::journal
