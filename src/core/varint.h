// varint.h - integers of variable length: seven bits a byte, low ones first, the top bit says "more follows".
//
// Signed:  folded so that small negative numbers stay short (0, -1, 1, -2 ... are 0, 1, 2, 3 ...).
// Reading: never beyond the end; a number that does not fit its type is refused.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/decimal.h"

namespace tillstream {

inline constexpr std::size_t kVarintBytesMax = 10;
inline constexpr std::size_t kVarint128BytesMax = 19;

/// Writes at `at`, where there must be room for kVarintBytesMax (kVarint128BytesMax for 128 bits); returns
/// the end.
template <class Unsigned>
char* write_varint(char* at, Unsigned value) {
    while (value >= 0x80) {
        *at++ = static_cast<char>(static_cast<unsigned char>(value) | 0x80);
        value >>= 7;
    }
    *at++ = static_cast<char>(value);
    return at;
}

/// Moves `at` behind the number. False, with `value` undefined, if it is cut off or too large.
template <class Unsigned>
bool read_varint(const char*& at, const char* end, Unsigned& value) {
    constexpr unsigned kBits = sizeof(Unsigned) * 8;
    value = 0;
    for (unsigned shift = 0; at != end && shift < kBits; shift += 7) {
        const auto byte = static_cast<unsigned char>(*at++);
        const auto part = static_cast<Unsigned>(byte & 0x7f);
        if (shift + 7 > kBits && (part >> (kBits - shift)) != 0) return false;
        value |= static_cast<Unsigned>(part << shift);
        if (byte < 0x80) return true;
    }
    return false;
}

inline std::uint64_t fold_sign(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
inline std::int64_t unfold_sign(std::uint64_t value) {
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}
inline UInt128 fold_sign128(Int128 value) {
    return (static_cast<UInt128>(value) << 1) ^ static_cast<UInt128>(value >> 127);
}
inline Int128 unfold_sign128(UInt128 value) { return static_cast<Int128>((value >> 1) ^ (~(value & 1) + 1)); }

}  // namespace tillstream
