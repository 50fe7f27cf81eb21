// compressed_file.h - reads a file front to back, decompressed if its first bytes say so.
//
// Place:     `send` and intake, for files larger than memory.
// Errors:    those of Filesystem and Inflater, with the path in front.
// Threads:   one at a time. Ownership: the Filesystem must outlive the file.
#pragma once

#include <memory>
#include <string>

#include "codec/compression.h"
#include "core/env.h"

namespace tillstream {

class CompressedFile {
public:
    static Result<CompressedFile> open(Filesystem& fs, std::string path);

    /// Fewer bytes than `size` only at the end; 0 when nothing is left.
    Result<std::size_t> read(char* into, std::size_t size);

    Encoding encoding() const { return encoding_; }
    /// Of the file as it lies on disk: for progress.
    std::uint64_t bytes_read() const { return offset_ - pending_.size(); }

private:
    CompressedFile(std::string path, std::unique_ptr<File> file);
    Status refill();

    std::string path_;
    std::unique_ptr<File> file_;
    Encoding encoding_ = Encoding::identity;
    Inflater inflater_;
    Buffer chunk_;
    std::string_view pending_;  ///< of chunk_
    std::uint64_t offset_ = 0;
    bool at_end_ = false;
};

}  // namespace tillstream
