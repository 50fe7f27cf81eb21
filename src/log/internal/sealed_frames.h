// sealed_frames.h - the lines of a sealed object, one frame in memory at a time.
//
// Errors:   corruption if a frame is not what the index says; others are the store's and may pass.
#pragma once

#include <optional>
#include <string_view>

#include "codec/zstd_frame.h"
#include "core/bytes.h"
#include "log/internal/sealed_index.h"

namespace tillstream::journal {

class SealedFrames {
public:
    /// `index` stays where it is.
    SealedFrames(ReadBytes read, const SealedIndex& index) : read_(std::move(read)), index_(index) {}

    /// The lines of the records from `from` to `to` (exclusive), which lie in `frame`. Valid until the next
    /// call.
    Result<std::string_view> lines(std::size_t frame, std::uint32_t from, std::uint32_t to);

private:
    Status load(std::size_t frame);
    void skip_to(std::uint32_t ordinal);

    ReadBytes read_;
    const SealedIndex& index_;
    ZstdFrameReader zstd_;
    Buffer raw_;
    std::optional<std::size_t> loaded_;
    std::uint32_t next_ordinal_ = 0;  ///< of the line at byte next_at_
    std::size_t next_at_ = 0;
};

}  // namespace tillstream::journal
