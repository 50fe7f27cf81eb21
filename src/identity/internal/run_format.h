// run_format.h - the bytes of a run: header, blocks, fences, filter (docs/formats/dedup.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"
#include "identity/internal/id_run.h"

namespace tillstream::identity {

inline constexpr std::size_t kBlockHeaderBytes = 16;

inline std::size_t entries_per_block(RunKind kind) {
    return (kRunBlock - kBlockHeaderBytes) / (kind == RunKind::ids ? 16 : 32);
}

inline IdHash load_hash(const char* at) {
    return {load_le<std::uint64_t>(at), load_le<std::uint64_t>(at + 8)};
}
inline void store_hash(char* at, const IdHash& hash) {
    store_le(at, hash.high);
    store_le(at + 8, hash.low);
}

std::size_t entries_in(std::string_view block);
bool is_whole_block(std::string_view block, RunKind kind);

struct RunHeader {
    RunInfo info;
    std::uint64_t blocks = 0;
    std::uint64_t filter_bytes = 0;
    std::uint32_t fences_crc = 0;
    std::uint32_t filter_crc = 0;

    std::uint64_t fences_at() const { return (blocks + 1) * kRunBlock; }
    std::uint64_t filter_at() const { return fences_at() + blocks * 8; }
    std::uint64_t bytes() const { return filter_at() + filter_bytes; }
};

std::string encode_run_header(const RunHeader& header);
/// corruption names `path`; unsupported for a newer format.
Result<RunHeader> parse_run_header(std::string_view bytes, const std::string& path);

}  // namespace tillstream::identity
