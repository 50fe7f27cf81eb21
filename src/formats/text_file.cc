#include "formats/text_file.h"

#include <cstring>
#include <utility>

namespace tillstream {
namespace {

constexpr std::size_t kChunk = 1 << 20;

}  // namespace

Result<TextFile> TextFile::open(Filesystem& fs, std::string path, Charset charset) {
    return TextFile(TILLSTREAM_TRY(CompressedFile::open(fs, std::move(path))), charset);
}

Status TextFile::advance(std::size_t consumed, std::size_t ahead) {
    const std::size_t rest = window_.size() - consumed;
    if (consumed != 0) std::memmove(window_.data(), window_.data() + consumed, rest);
    window_.resize(rest);
    chunk_.resize(kChunk);
    while (!last_ && window_.size() < ahead) {
        const std::size_t size = TILLSTREAM_TRY(file_.read(chunk_.data(), kChunk));
        transcoder_.feed(chunk_.view().substr(0, size), window_);
        last_ = size < kChunk;
        if (last_) transcoder_.finish(window_);
    }
    return {};
}

Result<Charset> detect_file_charset(Filesystem& fs, const std::string& path) {
    auto file = TILLSTREAM_TRY(CompressedFile::open(fs, path));
    Utf8Validator validator;
    Buffer chunk;
    chunk.resize(kChunk);
    for (bool first = true;; first = false) {
        const std::size_t size = TILLSTREAM_TRY(file.read(chunk.data(), kChunk));
        const std::string_view text = chunk.view().substr(0, size);
        if (first)
            if (auto bom = find_bom(text)) return bom->charset;
        validator.feed(text);
        if (validator.broken()) return Charset::latin1;
        if (size < kChunk) return validator.valid() ? Charset::utf8 : Charset::latin1;
    }
}

}  // namespace tillstream
