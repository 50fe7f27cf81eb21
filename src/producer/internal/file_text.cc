#include "producer/internal/file_text.h"

#include "core/digest.h"

namespace tillstream::internal {

namespace {

constexpr std::size_t kBlockBytes = 256 << 10;
constexpr std::size_t kFingerprintDigits = 16;

/// What would be a caller's fault in a request is here the fault of the file.
Result<std::size_t> read_block(CompressedFile& file, Buffer& block) {
    block.resize(kBlockBytes);
    Result<std::size_t> size = file.read(block.data(), kBlockBytes);
    if (size) return size;
    Error error = std::move(size).error();
    if (error.code == Errc::invalid_argument) error.code = Errc::corruption;
    if (error.code == Errc::resource_exhausted) error.code = Errc::unsupported;
    return failure(std::move(error));
}

}  // namespace

Result<FileSurvey> survey_file(Filesystem& fs, const std::string& path, std::optional<Charset> charset) {
    CompressedFile file = TILLSTREAM_TRY(CompressedFile::open(fs, path));
    Buffer block;
    Sha256 hash;
    Utf8Validator utf8;
    for (bool first = true;; first = false) {
        const std::size_t size = TILLSTREAM_TRY(read_block(file, block));
        if (size == 0) break;
        const std::string_view piece(block.data(), size);
        if (first && !charset) {
            if (const std::optional<Bom> bom = find_bom(piece)) charset = bom->charset;
        }
        hash.update(piece);
        if (!charset && !utf8.broken()) utf8.feed(piece);
    }
    FileSurvey survey;
    survey.fingerprint = hash.finish_hex().substr(0, kFingerprintDigits);
    survey.guessed = !charset && !utf8.valid();
    survey.charset = charset.value_or(survey.guessed ? Charset::latin1 : Charset::utf8);
    return survey;
}

Result<FileText> FileText::open(Filesystem& fs, const std::string& path, Charset charset) {
    return FileText(TILLSTREAM_TRY(CompressedFile::open(fs, path)), charset);
}

Result<bool> FileText::append_to(Buffer& out) {
    if (ended_) return false;
    const std::size_t size = TILLSTREAM_TRY(read_block(file_, block_));
    if (size == 0) {
        ended_ = true;
        transcoder_.finish(out);
        return true;
    }
    transcoder_.feed({block_.data(), size}, out);
    return true;
}

}  // namespace tillstream::internal
