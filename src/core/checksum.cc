#include "core/checksum.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace tillstream {

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) {
    constexpr std::size_t kLargestCall = std::size_t{1} << 30;  // the library counts in int
    // crc32_iscsi works on the raw register: the inversions before and after are the caller's.
    std::uint32_t state = ~seed;
    while (!bytes.empty()) {
        const std::size_t length = std::min(bytes.size(), kLargestCall);
        // It only reads, although its prototype lacks the const.
        auto* start = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
        state = crc32_iscsi(start, static_cast<int>(length), state);
        bytes.remove_prefix(length);
    }
    return ~state;
}

}  // namespace tillstream
