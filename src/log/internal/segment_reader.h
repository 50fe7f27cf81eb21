// segment_reader.h - the valid groups of one segment, in order, and what is damaged between them.
//
// Rule:     a group is valid when its checksums (seeded by the segment's nonce), segment, epoch, number and
//           chain agree. Behind an invalid group the reader looks for any later group: found = damage, else
//           the end of what was written. An unreadable block is damage, never an end.
// Reading:  with O_DIRECT like the writer: a buffered read beside direct writes may see stale pages.
// Threads:  one at a time.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/env.h"
#include "core/result.h"
#include "log/internal/batch_codec.h"
#include "log/internal/format.h"

namespace tillstream::journal {

struct Group {
    GroupHeader header;
    std::uint64_t offset = 0;
    std::string_view body;  ///< valid until the next call
    std::vector<StoredBatch> batches;
};

/// A stretch of a segment that holds no valid group although something was written there.
struct Damage {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    Lsn last;  ///< the largest group number known to have been there; 0 if unknown
    std::string reason;
};

class SegmentReader {
public:
    static constexpr Lsn kNoLimit{std::numeric_limits<std::uint64_t>::max()};

    /// corruption if both header copies are damaged or unreadable; unsupported if a newer program wrote it.
    static Result<std::unique_ptr<SegmentReader>> open(Filesystem& fs, const std::string& path);

    const SegmentHeader& header() const { return header_; }
    std::uint64_t file_bytes() const { return file_bytes_; }

    struct Step {
        std::optional<Damage> damage;  ///< found before `group`
        std::optional<Group> group;    ///< nothing: the end
    };
    /// The next group numbered at most `last` within the first `limit` bytes. With kNoLimit the end is where
    /// nothing valid follows; else everything up to `last` must be there, or it is damage.
    Step next(Lsn last = kNoLimit, std::uint64_t limit = std::numeric_limits<std::uint64_t>::max());

    /// Behind the last valid group returned.
    std::uint64_t position() const { return position_; }
    Lsn last_lsn() const { return last_lsn_; }
    std::uint32_t last_crc() const { return last_crc_; }

private:
    SegmentReader(std::unique_ptr<File> file, std::uint64_t bytes)
        : file_(std::move(file)), file_bytes_(bytes) {}

    /// `size` bytes at a block boundary, or why not.
    Result<std::string_view> bytes_at(std::uint64_t offset, std::size_t size, std::uint64_t limit);
    std::optional<Group> group_at(std::uint64_t offset, std::uint64_t limit, bool chained,
                                  std::string& reason);
    Step search(Lsn last, std::uint64_t limit, std::string reason);
    void accept(const Group& group);

    std::unique_ptr<File> file_;
    std::uint64_t file_bytes_;
    SegmentHeader header_;
    AlignedBuffer buffer_;
    std::uint64_t buffer_at_ = 0;
    std::size_t buffer_size_ = 0;
    std::uint64_t position_ = kBlock;
    Lsn last_lsn_;
    std::uint32_t last_crc_ = 0;
    bool chained_ = true;  ///< the group before the next one was valid
    bool finished_ = false;
};

}  // namespace tillstream::journal
