// sums.h - exact sums over lines.
#pragma once

#include <cstdint>

#include "core/decimal.h"

namespace tillstream::tables {

/// A line whose price or total is larger than this (scaled) is refused: so no sum of lines that a shop could
/// have comes near the end of 128 bits.
inline constexpr int kAmountDigitsMax = 30;

struct Sums {
    std::uint64_t lines = 0;
    Int128 units = 0;
    Int128 total = 0;
    int scale = 0;  ///< of total

    /// False, with this undefined, if a sum does not fit.
    [[nodiscard]] bool add(const Sums& more);
    friend bool operator==(const Sums&, const Sums&) = default;
};

/// value * 10^(to - from), to >= from. False if it does not fit.
[[nodiscard]] bool rescale(Int128& value, int from, int to);

}  // namespace tillstream::tables
