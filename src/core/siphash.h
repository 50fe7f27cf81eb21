// siphash.h - SipHash-2-4 with 128 bits: a keyed hash for tables whose keys strangers choose.
//
// Why:      without the key nobody can choose texts that meet. Written here and not taken from libcrypto,
//           whose call costs ten times what the hash of a short text does.
// Cost:     no allocation. Any thread.
// Source:   Aumasson, Bernstein: SipHash: a fast short-input PRF (2012); vectors of its authors.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tillstream {

using SipHashKey = std::array<std::uint8_t, 16>;
using SipHashDigest = std::array<std::uint8_t, 16>;

/// Of both texts together, as if they were one.
SipHashDigest siphash128(const SipHashKey& key, std::string_view first, std::string_view second = {});

/// Each of two texts of its own. Of like length they take little longer than one: a step of one is done while
/// the other waits for its last.
std::array<SipHashDigest, 2> siphash128_each(const SipHashKey& key, std::string_view one,
                                             std::string_view other);

}  // namespace tillstream
