#include "tests/support/raw_objects.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <tuple>

namespace tillstream {

namespace {

/// s<shard>-<first>-<last>.ndjson.zst
std::optional<RawObject> parse_name(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    unsigned long long shard = 0, first = 0, last = 0;
    int used = 0;
    if (std::sscanf(name.c_str(), "s%llu-%llu-%llu.ndjson.zst%n", &shard, &first, &last, &used) != 3 ||
        static_cast<std::size_t>(used) != name.size()) {
        return std::nullopt;
    }
    return RawObject{path.string(), shard, first, last};
}

Status check_dense(const std::vector<RawObject>& objects) {
    for (std::size_t i = 0; i < objects.size(); ++i) {
        const bool begins = i == 0 || objects[i - 1].shard != objects[i].shard;
        const std::uint64_t due = begins ? 0 : objects[i - 1].last + 1;
        if (objects[i].first != due)
            return failure(Errc::internal, fmt::format("{} begins where {} is due", objects[i].path, due));
    }
    return {};
}

/// Frames that are no data are passed over, as every zstd reader does.
Result<std::string> decompress(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string packed((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
    std::vector<char> block(ZSTD_DStreamOutSize());
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    std::string plain;
    while (in.pos < in.size) {
        ZSTD_outBuffer out{block.data(), block.size(), 0};
        const std::size_t step = ZSTD_decompressStream(context.get(), &out, &in);
        if (ZSTD_isError(step) != 0)
            return failure(Errc::corruption, path + ": " + ZSTD_getErrorName(step));
        plain.append(block.data(), out.pos);
    }
    return plain;
}

}  // namespace

Result<std::vector<RawObject>> raw_objects(const std::string& data_dir, const std::string& stream) {
    std::vector<RawObject> objects;
    const std::filesystem::path root = std::filesystem::path(data_dir) / "lake" / "raw" / stream;
    if (!std::filesystem::exists(root)) return objects;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file()) continue;
        const auto object = parse_name(entry.path());
        if (!object) return failure(Errc::internal, entry.path().string() + " is no object's name");
        objects.push_back(*object);
    }
    std::sort(objects.begin(), objects.end(), [](const RawObject& a, const RawObject& b) {
        return std::tie(a.shard, a.first) < std::tie(b.shard, b.first);
    });
    TILLSTREAM_CHECK(check_dense(objects));
    return objects;
}

Result<std::string> read_raw_object(const RawObject& object) {
    std::string lines = TILLSTREAM_TRY(decompress(object.path));
    if (!lines.ends_with('\n')) return failure(Errc::corruption, object.path + " ends within a line");
    const auto count = static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
    if (count == object.last - object.first + 1) return lines;
    return failure(Errc::corruption, fmt::format("{} holds {} lines", object.path, count));
}

Result<std::uint64_t> count_raw_lines(const std::string& data_dir, const std::string& stream) {
    std::uint64_t total = 0;
    for (const RawObject& object : TILLSTREAM_TRY(raw_objects(data_dir, stream))) {
        TILLSTREAM_TRY(read_raw_object(object));
        total += object.last - object.first + 1;
    }
    return total;
}

}  // namespace tillstream
