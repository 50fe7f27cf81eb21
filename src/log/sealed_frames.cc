#include "log/internal/sealed_frames.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/checksum.h"

namespace tillstream::journal {

Result<std::string_view> SealedFrames::lines(std::size_t frame, std::uint32_t from, std::uint32_t to) {
    if (loaded_ != frame) TILLSTREAM_CHECK(load(frame));
    skip_to(from);
    const std::size_t begin = next_at_;
    skip_to(to);
    return raw_.view().substr(begin, next_at_ - begin);
}

Status SealedFrames::load(std::size_t number) {
    const SealedFrame& frame = index_.frames()[number];
    const auto damaged = [&](std::string_view what) {
        return failure(Errc::corruption, fmt::format("frame {} at byte {} {}", number, frame.at, what));
    };
    loaded_.reset();
    const std::string stored = TILLSTREAM_TRY(read_(frame.at, frame.stored_bytes));
    if (stored.size() != frame.stored_bytes) return damaged("is cut off");
    if (crc32c(stored) != frame.stored_crc) return damaged("is damaged: its checksum differs");
    if (const Status read = zstd_.read(stored, frame.raw_bytes, raw_); !read)
        return damaged(read.error().message);
    if (crc32c(raw_.view()) != frame.raw_crc) return damaged("is damaged: the checksum of its lines differs");
    const auto lines = std::count(raw_.data(), raw_.data() + raw_.size(), '\n');
    if (static_cast<std::uint64_t>(lines) != frame.records || !raw_.view().ends_with('\n'))
        return damaged("does not hold one line a record");
    loaded_ = number;
    next_ordinal_ = frame.first_ordinal;
    next_at_ = 0;
    return {};
}

void SealedFrames::skip_to(std::uint32_t ordinal) {
    if (ordinal < next_ordinal_) {
        next_ordinal_ = index_.frames()[*loaded_].first_ordinal;
        next_at_ = 0;
    }
    for (; next_ordinal_ < ordinal; ++next_ordinal_) next_at_ = raw_.view().find('\n', next_at_) + 1;
}

}  // namespace tillstream::journal
