// id_hash.h - what the index knows of an id: 112 bits of a keyed hash, and 16 bits about it.
//
// Odds:     two different ids of one stream meet with probability n^2 / 2^113: for a thousand million ids in
//           the window 1e-16. The hash is SipHash-2-4 under a random key of the data folder: nobody outside
//           can look for ids that meet.
// Scope:    each stream has keys of its own, derived from the folder's.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/siphash.h"
#include "core/time.h"

namespace tillstream::identity {

inline constexpr std::uint64_t kTagMask = 0xffff;
inline constexpr std::uint64_t kHourMask = 0x3fff;
inline constexpr int kKindShift = 14;
inline constexpr int kStripeBits = 4;
/// Parts of the hashes, by their upper bits.
inline constexpr std::size_t kStripes = std::size_t{1} << kStripeBits;

/// Hours since 1970.
using Hour = std::uint32_t;

inline Hour hour_of(Timestamp at) {
    constexpr std::int64_t kMicros = std::int64_t{3'600} * 1'000'000;
    return at.micros <= 0 ? 0 : static_cast<Hour>(at.micros / kMicros);
}

/// What a stored hash stands for.
enum class Kind : std::uint8_t {
    accepted = 1,  ///< an id claimed by an accepted record: whatever has it again is a copy
    rejected = 2,  ///< an id that a rejected record has, or the id with that record's bytes
    key = 3,       ///< an idempotency key
};

/// Sorted by hash, then kind, then hour.
struct IdHash {
    std::uint64_t high = 0;
    std::uint64_t low = 0;  ///< 48 bits of hash, 2 bits of kind, 14 bits of hour

    bool same(const IdHash& other) const {
        return high == other.high && ((low ^ other.low) & ~kTagMask) == 0;
    }
    std::size_t stripe() const { return high >> (64 - kStripeBits); }
    IdHash in_stripe_of(const IdHash& other) const {
        constexpr std::uint64_t kRest = ~std::uint64_t{0} >> kStripeBits;
        return {(high & kRest) | (other.high & ~kRest), low};
    }
    Kind kind() const { return static_cast<Kind>(low >> kKindShift & 3); }
    IdHash with(Kind kind, Hour hour = 0) const {
        return {high, (low & ~kTagMask) | std::uint64_t{static_cast<std::uint8_t>(kind)} << kKindShift |
                          (hour & kHourMask)};
    }
    friend auto operator<=>(const IdHash&, const IdHash&) = default;
};

inline IdHash hash_from(const SipHashDigest& digest) {
    IdHash hash;
    std::memcpy(&hash.high, digest.data(), 8);
    std::memcpy(&hash.low, digest.data() + 8, 8);
    hash.low &= ~kTagMask;
    return hash;
}

/// Full hours from the stored hour to `now`; the hour wraps every 682 days. One from the future is no hour
/// old.
inline Hour age_of(const IdHash& stored, Hour now) {
    const auto age = static_cast<Hour>((now - stored.low) & kHourMask);
    return age > kHourMask / 2 ? 0 : age;
}

/// The bit of a kind in a set of kinds.
inline constexpr unsigned bit_of(Kind kind) { return 1U << static_cast<unsigned>(kind); }

}  // namespace tillstream::identity
