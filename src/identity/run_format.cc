#include "identity/internal/run_format.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/checksum.h"

namespace tillstream::identity {

namespace {

constexpr std::string_view kMagic = "TILLDDR1";
constexpr std::uint16_t kVersion = 1;

}  // namespace

std::size_t entries_in(std::string_view block) { return load_le<std::uint16_t>(block.data() + 4); }

bool is_whole_block(std::string_view block, RunKind kind) {
    return crc32c(block.substr(4)) == load_le<std::uint32_t>(block.data()) &&
           entries_in(block) <= entries_per_block(kind);
}

std::string encode_run_header(const RunHeader& header) {
    std::string bytes(kRunHeaderBytes, '\0');
    std::copy(kMagic.begin(), kMagic.end(), bytes.begin());
    char* at = bytes.data();
    store_le(at + 12, kVersion);
    store_le(at + 14, static_cast<std::uint16_t>(header.info.kind));
    store_le(at + 16, header.info.number);
    store_le(at + 24, header.info.entries);
    store_le(at + 32, header.blocks);
    store_le(at + 40, header.filter_bytes);
    store_le(at + 48, header.fences_crc);
    store_le(at + 52, header.filter_crc);
    store_le(at + 56, header.info.first_hour);
    store_le(at + 60, header.info.last_hour);
    store_le(at + 8, crc32c(std::string_view(bytes).substr(12)));
    return bytes;
}

Result<RunHeader> parse_run_header(std::string_view bytes, const std::string& path) {
    const char* at = bytes.data();
    if (bytes.size() != kRunHeaderBytes || bytes.substr(0, 8) != kMagic ||
        crc32c(bytes.substr(12)) != load_le<std::uint32_t>(at + 8))
        return failure(Errc::corruption, path + ": no valid header");
    if (load_le<std::uint16_t>(at + 12) != kVersion)
        return failure(Errc::unsupported, fmt::format("{}: format {} is not known to this program", path,
                                                      load_le<std::uint16_t>(at + 12)));
    RunHeader header;
    header.info.kind = static_cast<RunKind>(load_le<std::uint16_t>(at + 14));
    header.info.number = load_le<std::uint64_t>(at + 16);
    header.info.entries = load_le<std::uint64_t>(at + 24);
    header.blocks = load_le<std::uint64_t>(at + 32);
    header.filter_bytes = load_le<std::uint64_t>(at + 40);
    header.fences_crc = load_le<std::uint32_t>(at + 48);
    header.filter_crc = load_le<std::uint32_t>(at + 52);
    header.info.first_hour = load_le<std::uint32_t>(at + 56);
    header.info.last_hour = load_le<std::uint32_t>(at + 60);
    const std::uint64_t per_block = entries_per_block(header.info.kind);
    if (header.info.kind > RunKind::keys || header.blocks > UINT64_MAX / kRunBlock / 2 ||
        header.info.entries > header.blocks * per_block ||
        header.filter_bytes > Filter::bytes_for(UINT32_MAX) * 64 || header.filter_bytes % Filter::kLine != 0)
        return failure(Errc::corruption, path + ": the header says what cannot be");
    return header;
}

}  // namespace tillstream::identity
