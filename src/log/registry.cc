#include "log/internal/registry.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "core/bytes.h"
#include "core/checksum.h"

namespace tillstream::journal {

namespace {

constexpr std::size_t kFixedBytes = 56;
constexpr std::size_t kSourceBytes = 16;
constexpr std::string_view kNames[] = {"registry", "registry.copy"};

std::string path_of(const std::string& dir, std::string_view name) { return fmt::format("{}/{}", dir, name); }

tl::unexpected<Error> bad() {
    return failure(Errc::corruption, "log registry: the bytes are not what was written");
}

}  // namespace

std::string encode_registry(const RegistryData& data) {
    Buffer out;
    char* at = out.extend(kFixedBytes);
    std::memset(at, 0, kFixedBytes);
    std::memcpy(at, kRegistryMagic.data(), kRegistryMagic.size());
    std::memcpy(at + 16, data.uuid.bytes.data(), data.uuid.bytes.size());
    store_le(at + 32, data.epoch.value);
    store_le(at + 40, static_cast<std::uint32_t>(data.sources.size()));
    for (const SourceInfo& source : data.sources) {
        char* entry = out.extend(kSourceBytes);
        store_le(entry, source.id.value);
        store_le(entry + 4, source.shard.value);
        store_le(entry + 8, source.incarnation);
        store_le(entry + 12, static_cast<std::uint32_t>(source.stream.size()));
        out.append(source.stream);
    }
    store_le(out.data() + 12, static_cast<std::uint32_t>(out.size()));
    store_le(out.data() + 8, crc32c(out.view().substr(12)));
    return std::string(out.view());
}

Result<RegistryData> decode_registry(std::string_view bytes) {
    if (bytes.size() < kFixedBytes || !bytes.starts_with(kRegistryMagic) ||
        load_le<std::uint32_t>(bytes.data() + 12) != bytes.size() ||
        load_le<std::uint32_t>(bytes.data() + 8) != crc32c(bytes.substr(12)))
        return bad();
    RegistryData data;
    std::memcpy(data.uuid.bytes.data(), bytes.data() + 16, data.uuid.bytes.size());
    data.epoch.value = load_le<std::uint64_t>(bytes.data() + 32);
    const auto count = load_le<std::uint32_t>(bytes.data() + 40);
    std::string_view rest = bytes.substr(kFixedBytes);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (rest.size() < kSourceBytes) return bad();
        SourceInfo source;
        source.id.value = load_le<std::uint32_t>(rest.data());
        source.shard.value = load_le<std::uint32_t>(rest.data() + 4);
        source.incarnation = load_le<std::uint32_t>(rest.data() + 8);
        const auto size = load_le<std::uint32_t>(rest.data() + 12);
        rest.remove_prefix(kSourceBytes);
        if (size > rest.size() || source.id.value != i + 1) return bad();
        source.stream = rest.substr(0, size);
        rest.remove_prefix(size);
        data.sources.push_back(std::move(source));
    }
    if (!rest.empty()) return bad();
    return data;
}

Result<RegistryData> load_registry(Filesystem& fs, const std::string& dir) {
    std::optional<RegistryData> newest;
    std::optional<Error> damage;
    for (const std::string_view name : kNames) {
        auto bytes = read_file(fs, path_of(dir, name));
        if (!bytes) {
            if (bytes.error().code != Errc::not_found) damage = bytes.error();
            continue;
        }
        auto data = decode_registry(*bytes);
        if (!data) {
            damage = std::move(data).error().with_context(path_of(dir, name));
            continue;
        }
        const bool newer =
            !newest || data->epoch > newest->epoch || data->sources.size() > newest->sources.size();
        if (newer) newest = std::move(*data);
    }
    if (newest) return *std::move(newest);
    if (damage) return failure(*std::move(damage));
    return failure(Errc::not_found, fmt::format("no log registry in {}", dir));
}

Status store_registry(Filesystem& fs, const std::string& dir, const RegistryData& data) {
    const std::string bytes = encode_registry(data);
    TILLSTREAM_CHECK(write_file_atomic(fs, path_of(dir, kNames[1]), bytes));
    return write_file_atomic(fs, path_of(dir, kNames[0]), bytes);
}

}  // namespace tillstream::journal
