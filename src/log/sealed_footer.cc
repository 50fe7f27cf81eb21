#include <fmt/format.h>

#include <cstring>

#include "codec/zstd_frame.h"
#include "core/checksum.h"
#include "log/internal/sealed_index.h"

namespace tillstream::journal {

namespace {

constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kCrcAt = 52;
/// Most objects need no second read for the index.
constexpr std::uint64_t kTailBytes = 64 * 1024;

tl::unexpected<Error> bad(std::string_view what) {
    return failure(Errc::corruption, fmt::format("no whole sealed object: {}", what));
}

/// Exactly these bytes.
Result<std::string> read_all_of(const ReadBytes& read, std::uint64_t at, std::size_t size) {
    std::string bytes = TILLSTREAM_TRY(read(at, size));
    if (bytes.size() != size) return bad("it ended while it was read");
    return bytes;
}

}  // namespace

void append_footer(Buffer& out, const SealedFooter& footer) {
    char* at = out.extend(kSealedFooterBytes);
    std::memset(at, 0, kSealedFooterBytes);
    store_le(at, footer.incompatible);
    store_le(at + 8, footer.compatible);
    store_le(at + 16, footer.object_bytes);
    store_le(at + 24, footer.index_at);
    store_le(at + 32, footer.index_bytes);
    store_le(at + 36, footer.index_raw_bytes);
    store_le(at + 40, footer.index_crc);
    store_le(at + 44, kVersion);
    store_le(at + 46, static_cast<std::uint16_t>(kSealedFooterBytes));
    store_le(at + kCrcAt, crc32c({at, kCrcAt}));
    std::memcpy(at + kCrcAt + 4, kSealedMagic.data(), kSealedMagic.size());
}

Result<SealedFooter> parse_footer(std::string_view bytes, std::uint64_t object_bytes) {
    if (bytes.size() != kSealedFooterBytes || !bytes.ends_with(kSealedMagic))
        return bad("it does not end with a footer");
    const char* at = bytes.data();
    if (load_le<std::uint32_t>(at + kCrcAt) != crc32c(bytes.substr(0, kCrcAt)))
        return bad("its footer is damaged");
    SealedFooter footer;
    footer.incompatible = load_le<std::uint64_t>(at);
    footer.compatible = load_le<std::uint64_t>(at + 8);
    footer.object_bytes = load_le<std::uint64_t>(at + 16);
    footer.index_at = load_le<std::uint64_t>(at + 24);
    footer.index_bytes = load_le<std::uint32_t>(at + 32);
    footer.index_raw_bytes = load_le<std::uint32_t>(at + 36);
    footer.index_crc = load_le<std::uint32_t>(at + 40);
    const auto version = load_le<std::uint16_t>(at + 44);
    if (version != kVersion || footer.incompatible != 0)
        return failure(
            Errc::unsupported,
            fmt::format("sealed object of version {} with features {:#x}: a newer program wrote it, "
                        "use that one",
                        version, footer.incompatible));
    if (footer.object_bytes != object_bytes)
        return bad(fmt::format("it has {} bytes instead of {}", object_bytes, footer.object_bytes));
    const std::uint64_t index_end = object_bytes - kSealedFooterBytes;
    if (footer.index_at < kSkippableHeaderBytes || footer.index_at > index_end ||
        footer.index_bytes != index_end - footer.index_at || footer.index_raw_bytes > kMaxSealedIndexBytes ||
        footer.index_raw_bytes > footer.index_bytes * kMaxSealedRatio)
        return bad("its index has an impossible place or size");
    return footer;
}

Result<SealedIndex> load_sealed_index(const ReadBytes& read, std::uint64_t object_bytes) {
    if (object_bytes < kSealedFooterBytes + kSkippableHeaderBytes) return bad("it is too short");
    const std::uint64_t tail_bytes = std::min(object_bytes, kTailBytes);
    const std::uint64_t tail_at = object_bytes - tail_bytes;
    const std::string tail = TILLSTREAM_TRY(read_all_of(read, tail_at, tail_bytes));
    const SealedFooter footer = TILLSTREAM_TRY(
        parse_footer(std::string_view(tail).substr(tail_bytes - kSealedFooterBytes), object_bytes));
    std::string apart;
    std::string_view stored;
    if (footer.index_at >= tail_at) {
        stored = std::string_view(tail).substr(footer.index_at - tail_at, footer.index_bytes);
    } else {
        apart = TILLSTREAM_TRY(read_all_of(read, footer.index_at, footer.index_bytes));
        stored = apart;
    }
    if (crc32c(stored) != footer.index_crc) return bad("its index is damaged");
    Buffer raw;
    TILLSTREAM_CHECK(ZstdFrameReader().read(stored, footer.index_raw_bytes, raw));
    return SealedIndex::parse(std::move(raw), footer.index_at - kSkippableHeaderBytes);
}

}  // namespace tillstream::journal
