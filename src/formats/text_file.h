// text_file.h - a file of text as a window that moves over it: decompressed, in UTF-8, without a byte order
//     mark.
//
// Place:     `send` and intake, for files larger than memory.
// Memory:    the window: what its user asked to see ahead and one chunk more.
// Errors:    those of CompressedFile.
// Threads:   one at a time. Ownership: the Filesystem must outlive the file.
#pragma once

#include <string>

#include "codec/charset.h"
#include "codec/compressed_file.h"
#include "core/bytes.h"

namespace tillstream {

class TextFile {
public:
    static Result<TextFile> open(Filesystem& fs, std::string path, Charset charset);

    /// Drops the first `consumed` bytes of the window and fills it with at least `ahead` bytes if the file
    /// has them.
    Status advance(std::size_t consumed, std::size_t ahead);
    /// Until the next advance. Buffer::kPadding readable bytes follow it.
    std::string_view window() const { return window_.view(); }
    /// Nothing follows the window.
    bool last() const { return last_; }
    /// Bytes of the file on disk read so far.
    std::uint64_t bytes_read() const { return file_.bytes_read(); }

private:
    TextFile(CompressedFile file, Charset charset) : file_(std::move(file)), transcoder_(charset) {}

    CompressedFile file_;
    Transcoder transcoder_;
    Buffer chunk_;
    Buffer window_;
    bool last_ = false;
};

/// Byte order mark, else valid UTF-8, else ISO-8859-1. Reads the file until it knows, which may be all of it.
Result<Charset> detect_file_charset(Filesystem& fs, const std::string& path);

}  // namespace tillstream
