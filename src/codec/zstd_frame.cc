#include "codec/zstd_frame.h"

#include <fmt/format.h>
#include <zstd.h>

#include "core/assert.h"

namespace tillstream {

namespace {

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

tl::unexpected<Error> damaged(std::string_view what) {
    return failure(Errc::corruption, fmt::format("zstd frame {}", what));
}

}  // namespace

struct ZstdFrameWriter::Context {
    std::unique_ptr<ZSTD_CCtx, FreeContext> zstd{ZSTD_createCCtx()};
};

ZstdFrameWriter::ZstdFrameWriter(int level) : context_(std::make_unique<Context>()) {
    TILLSTREAM_ASSERT(context_->zstd != nullptr);
    ZSTD_CCtx_setParameter(context_->zstd.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_->zstd.get(), ZSTD_c_checksumFlag, 1);
}

ZstdFrameWriter::~ZstdFrameWriter() = default;
ZstdFrameWriter::ZstdFrameWriter(ZstdFrameWriter&&) noexcept = default;
ZstdFrameWriter& ZstdFrameWriter::operator=(ZstdFrameWriter&&) noexcept = default;

Status ZstdFrameWriter::append(std::string_view content, Buffer& out) {
    const std::size_t start = out.size();
    const std::size_t room = ZSTD_compressBound(content.size());
    out.resize(start + room);
    const std::size_t size =
        ZSTD_compress2(context_->zstd.get(), out.data() + start, room, content.data(), content.size());
    out.resize(ZSTD_isError(size) ? start : start + size);
    if (ZSTD_isError(size)) return failure(Errc::internal, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
    return {};
}

struct ZstdFrameReader::Context {
    std::unique_ptr<ZSTD_DCtx, FreeContext> zstd{ZSTD_createDCtx()};
};

ZstdFrameReader::ZstdFrameReader() : context_(std::make_unique<Context>()) {
    TILLSTREAM_ASSERT(context_->zstd != nullptr);
}

ZstdFrameReader::~ZstdFrameReader() = default;
ZstdFrameReader::ZstdFrameReader(ZstdFrameReader&&) noexcept = default;
ZstdFrameReader& ZstdFrameReader::operator=(ZstdFrameReader&&) noexcept = default;

Status ZstdFrameReader::read(std::string_view frame, std::size_t content_bytes, Buffer& out) {
    if (frame.size() < sizeof(std::uint32_t) || load_le<std::uint32_t>(frame.data()) != ZSTD_MAGICNUMBER)
        return damaged("without the magic number");
    if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != content_bytes)
        return damaged("of another size than expected");
    if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size())
        return damaged("that ends elsewhere than expected");
    out.clear();
    out.resize(content_bytes);
    const std::size_t size =
        ZSTD_decompressDCtx(context_->zstd.get(), out.data(), content_bytes, frame.data(), frame.size());
    if (ZSTD_isError(size)) return damaged(fmt::format("is damaged: {}", ZSTD_getErrorName(size)));
    if (size != content_bytes) return damaged("of less content than it says");
    return {};
}

}  // namespace tillstream
