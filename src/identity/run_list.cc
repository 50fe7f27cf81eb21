#include "identity/internal/run_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/bytes.h"
#include "core/checksum.h"

namespace tillstream::identity {

namespace {

constexpr std::string_view kMagic = "TILLDDX1";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint16_t kRebuild = 1;
constexpr std::size_t kFixed = 56;
constexpr std::size_t kRunBytes = 32;

}  // namespace

std::string encode_run_list(const RunList& list) {
    std::string bytes(kFixed, '\0');
    std::copy(kMagic.begin(), kMagic.end(), bytes.begin());
    char* at = bytes.data();
    store_le(at + 12, kVersion);
    store_le(at + 14, static_cast<std::uint16_t>(list.rebuild ? kRebuild : 0));
    std::memcpy(at + 16, list.key.data(), list.key.size());
    store_le(at + 32, list.next_number);
    store_le(at + 40, static_cast<std::uint32_t>(list.runs.size()));
    store_le(at + 44, static_cast<std::uint32_t>(list.cursor.size()));
    for (const RunInfo& run : list.runs) {
        char entry[kRunBytes] = {};
        store_le(entry, run.number);
        store_le(entry + 8, run.entries);
        store_le(entry + 16, static_cast<std::uint32_t>(run.kind));
        store_le(entry + 20, run.first_hour);
        store_le(entry + 24, run.last_hour);
        bytes.append(entry, sizeof entry);
    }
    bytes += list.cursor;
    store_le(bytes.data() + 8, crc32c(std::string_view(bytes).substr(12)));
    return bytes;
}

Result<RunList> parse_run_list(std::string_view bytes) {
    const char* at = bytes.data();
    if (bytes.size() < kFixed || bytes.substr(0, 8) != kMagic ||
        crc32c(bytes.substr(12)) != load_le<std::uint32_t>(at + 8))
        return failure(Errc::corruption, "the list of runs has no valid checksum");
    if (load_le<std::uint16_t>(at + 12) != kVersion)
        return failure(Errc::unsupported, fmt::format("the list of runs has format {}, not {}",
                                                      load_le<std::uint16_t>(at + 12), kVersion));
    const std::uint64_t runs = load_le<std::uint32_t>(at + 40);
    const std::uint64_t cursor = load_le<std::uint32_t>(at + 44);
    if (kFixed + runs * kRunBytes + cursor != bytes.size())
        return failure(Errc::corruption, "the list of runs has not the size it says");
    RunList list;
    list.rebuild = (load_le<std::uint16_t>(at + 14) & kRebuild) != 0;
    std::memcpy(list.key.data(), at + 16, list.key.size());
    list.next_number = load_le<std::uint64_t>(at + 32);
    for (std::uint64_t i = 0; i < runs; ++i) {
        const char* entry = at + kFixed + i * kRunBytes;
        RunInfo run;
        run.number = load_le<std::uint64_t>(entry);
        run.entries = load_le<std::uint64_t>(entry + 8);
        run.kind = static_cast<RunKind>(load_le<std::uint32_t>(entry + 16));
        run.first_hour = load_le<std::uint32_t>(entry + 20);
        run.last_hour = load_le<std::uint32_t>(entry + 24);
        list.runs.push_back(run);
    }
    list.cursor = bytes.substr(kFixed + runs * kRunBytes);
    return list;
}

}  // namespace tillstream::identity
