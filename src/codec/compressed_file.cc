#include "codec/compressed_file.h"

#include <utility>

namespace tillstream {
namespace {

constexpr std::size_t kChunk = 256 << 10;

}  // namespace

CompressedFile::CompressedFile(std::string path, std::unique_ptr<File> file)
    : path_(std::move(path)), file_(std::move(file)), inflater_(Encoding::identity) {}

Result<CompressedFile> CompressedFile::open(Filesystem& fs, std::string path) {
    auto file = TILLSTREAM_TRY(fs.open(path, OpenMode{}));
    CompressedFile opened(std::move(path), std::move(file));
    TILLSTREAM_CHECK(opened.refill());
    opened.encoding_ = detect_encoding(opened.pending_);
    opened.inflater_ = Inflater(opened.encoding_);
    return opened;
}

Status CompressedFile::refill() {
    chunk_.resize(kChunk);
    auto size = file_->read_at(offset_, chunk_.data(), kChunk);
    if (!size) return failure(std::move(size).error());
    at_end_ = *size < kChunk;
    offset_ += *size;
    pending_ = chunk_.view().substr(0, *size);
    return {};
}

Result<std::size_t> CompressedFile::read(char* into, std::size_t size) {
    std::size_t done = 0;
    while (done < size) {
        auto step = inflater_.step(pending_, into + done, size - done);
        if (!step) return failure(std::move(step).error().with_context(path_));
        pending_.remove_prefix(step->consumed);
        done += step->produced;
        if (done == size || !pending_.empty()) continue;
        if (at_end_) break;
        TILLSTREAM_CHECK(refill());
    }
    if (done < size && !inflater_.complete())
        return failure(Errc::invalid_argument, path_ + ": compressed data ends in the middle");
    return done;
}

}  // namespace tillstream
