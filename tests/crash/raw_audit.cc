#include "tests/crash/raw_audit.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

namespace tillstream {

namespace {

struct Named {
    std::uint64_t shard = 0, first = 0, last = 0;
};

/// s<shard>-<first>-<last>.ndjson.zst
std::optional<Named> parse_name(const std::string& name) {
    Named named;
    unsigned long long shard = 0, first = 0, last = 0;
    int used = 0;
    if (std::sscanf(name.c_str(), "s%llu-%llu-%llu.ndjson.zst%n", &shard, &first, &last, &used) != 3 ||
        static_cast<std::size_t>(used) != name.size()) {
        return std::nullopt;
    }
    return Named{shard, first, last};
}

/// Frames that are no data are passed over, as every zstd reader does.
Result<std::uint64_t> count_lines(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string packed((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
    std::vector<char> plain(ZSTD_DStreamOutSize());
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    std::uint64_t lines = 0;
    char newest = '\n';
    while (in.pos < in.size) {
        ZSTD_outBuffer out{plain.data(), plain.size(), 0};
        const std::size_t step = ZSTD_decompressStream(context.get(), &out, &in);
        if (ZSTD_isError(step) != 0)
            return failure(Errc::corruption, path.string() + ": " + ZSTD_getErrorName(step));
        lines += static_cast<std::uint64_t>(std::count(plain.data(), plain.data() + out.pos, '\n'));
        if (out.pos > 0) newest = plain[out.pos - 1];
    }
    if (newest != '\n') return failure(Errc::corruption, path.string() + " ends within a line");
    return lines;
}

}  // namespace

Result<std::uint64_t> count_raw_lines(const std::string& data_dir, const std::string& stream) {
    std::map<std::uint64_t, std::map<std::uint64_t, std::uint64_t>> shards;  // first -> behind last
    std::uint64_t total = 0;
    const std::filesystem::path root = std::filesystem::path(data_dir) / "lake" / "raw" / stream;
    if (!std::filesystem::exists(root)) return total;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file()) continue;
        const auto named = parse_name(entry.path().filename().string());
        if (!named) return failure(Errc::internal, entry.path().string() + " is no object's name");
        const std::uint64_t lines = TILLSTREAM_TRY(count_lines(entry.path()));
        if (lines != named->last - named->first + 1)
            return failure(Errc::internal, fmt::format("{} holds {} lines", entry.path().string(), lines));
        shards[named->shard][named->first] = named->last + 1;
        total += lines;
    }
    for (const auto& [shard, objects] : shards) {
        std::uint64_t next = 0;
        for (const auto& [first, behind] : objects) {
            if (first != next)
                return failure(Errc::internal,
                               fmt::format("raw objects of shard {} go from {} to {}", shard, next, first));
            next = behind;
        }
    }
    return total;
}

}  // namespace tillstream
