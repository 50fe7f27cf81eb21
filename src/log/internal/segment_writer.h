// segment_writer.h - writes groups to the tail of the newest segment.
//
// Durability:  roll and write return when the bytes are on stable storage.
// Lifecycle:   after a failed call that says so (Errc other than resource_exhausted) nothing may be written
//              any more.
// Threads:     one.
#pragma once

#include <memory>
#include <string>

#include "core/bytes.h"
#include "core/env.h"
#include "core/result.h"
#include "log/internal/format.h"

namespace tillstream::journal {

class SegmentWriter {
public:
    SegmentWriter(Filesystem& fs, std::string dir, Lsn last_lsn, std::uint32_t last_crc)
        : fs_(fs), dir_(std::move(dir)), last_lsn_(last_lsn), last_crc_(last_crc) {}

    /// Makes the spare at `path` the next segment; the chain fields of `header` are filled in here.
    /// After a failure the file is a spare at `path` again.
    Status roll(const std::string& path, SegmentHeader header);
    /// Bytes left in the segment; 0 before the first roll.
    std::uint64_t room() const { return file_ ? header_.bytes - position_ : 0; }
    /// Writes the group that lies in `buffer` behind room for its header; fills in the header's chain fields.
    Status write(GroupHeader& group, AlignedBuffer& buffer);

    const SegmentHeader& header() const { return header_; }
    std::string path() const { return dir_ + "/" + segment_name(header_.id); }
    std::uint64_t position() const { return position_; }
    Lsn last_lsn() const { return last_lsn_; }
    bool direct() const { return file_ && file_->direct(); }

private:
    Filesystem& fs_;
    const std::string dir_;
    std::unique_ptr<File> file_;
    SegmentHeader header_;
    std::uint64_t position_ = 0;
    Lsn last_lsn_;
    std::uint32_t last_crc_;
};

}  // namespace tillstream::journal
