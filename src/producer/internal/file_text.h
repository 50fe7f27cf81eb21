// file_text.h - a data file as a stream of UTF-8, whatever it is packed and written in.
//
// Errors:   corruption for a file that does not decompress; unsupported for one that needs more memory for it
//           than a limit allows; those of Filesystem.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "codec/charset.h"
#include "codec/compressed_file.h"
#include "core/bytes.h"
#include "core/env.h"
#include "core/result.h"

namespace tillstream::internal {

/// Text in blocks, front to back.
class TextSource {
public:
    virtual ~TextSource() = default;
    /// Appends the next block (which may be empty); false, nothing appended, at the end.
    virtual Result<bool> append_to(Buffer& out) = 0;
};

/// What one pass over the whole file finds out before it is sent.
struct FileSurvey {
    std::string fingerprint;  ///< first 16 hex of the SHA-256 of the uncompressed bytes
    Charset charset = Charset::utf8;
    bool guessed = false;  ///< no byte order mark and no valid UTF-8: taken for ISO-8859-1
};
Result<FileSurvey> survey_file(Filesystem& fs, const std::string& path, std::optional<Charset> charset);

class FileText final : public TextSource {
public:
    static Result<FileText> open(Filesystem& fs, const std::string& path, Charset charset);
    Result<bool> append_to(Buffer& out) override;
    /// Of the file as it lies on disk.
    std::uint64_t bytes_read() const { return file_.bytes_read(); }

private:
    FileText(CompressedFile file, Charset charset) : file_(std::move(file)), transcoder_(charset) {}

    CompressedFile file_;
    Transcoder transcoder_;
    Buffer block_;
    bool ended_ = false;
};

}  // namespace tillstream::internal
