// zstd_frame.h - single zstd frames whose sizes are known, for formats of our own.
//
// Not for:  foreign data, see compression.h.
// Pure:     a frame is a function of its content, the level and the version of libzstd: one thread, no
//           dictionary. It carries its content's size and checksum.
// Errors:   of read: corruption. Nothing is allocated before the frame itself says the size expected.
// Threads:  one at a time per object. Contexts are kept between calls.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"

namespace tillstream {

class ZstdFrameWriter {
public:
    explicit ZstdFrameWriter(int level);
    ~ZstdFrameWriter();
    ZstdFrameWriter(ZstdFrameWriter&&) noexcept;
    ZstdFrameWriter& operator=(ZstdFrameWriter&&) noexcept;

    /// One frame behind what `out` holds. internal if the library gives up; `out` is then as before.
    Status append(std::string_view content, Buffer& out);

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

class ZstdFrameReader {
public:
    ZstdFrameReader();
    ~ZstdFrameReader();
    ZstdFrameReader(ZstdFrameReader&&) noexcept;
    ZstdFrameReader& operator=(ZstdFrameReader&&) noexcept;

    /// `frame` is exactly one frame of `content_bytes` of content, which replace what `out` holds.
    Status read(std::string_view frame, std::size_t content_bytes, Buffer& out);

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace tillstream
