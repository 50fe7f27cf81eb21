// random.h - random numbers that are the same on every platform and library: SplitMix64.
//
// Why:  the standard's distributions differ between libraries; a simulated shop must not.
#pragma once

#include <cstdint>

namespace tillstream {

/// A probability as the share of 2^64, so that a draw is one comparison.
class Chance {
public:
    constexpr Chance() = default;
    /// `rate` is clamped to 0..1.
    constexpr explicit Chance(double rate)
        : threshold_(rate <= 0   ? 0
                     : rate >= 1 ? ~std::uint64_t{0}
                                 : static_cast<std::uint64_t>(rate * 18446744073709551616.0)) {}
    constexpr bool holds(std::uint64_t draw) const { return draw < threshold_; }

private:
    std::uint64_t threshold_ = 0;
};

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31);
    }
    /// 0..count-1; count > 0.
    std::uint32_t below(std::uint32_t count) {
        return static_cast<std::uint32_t>(((next() >> 32) * std::uint64_t{count}) >> 32);
    }
    /// first..last, both included.
    std::int64_t between(std::int64_t first, std::int64_t last) {
        return first + below(static_cast<std::uint32_t>(last - first + 1));
    }
    bool happens(Chance chance) { return chance.holds(next()); }
    bool one_in(std::uint32_t count) { return below(count) == 0; }

    /// 0..count-1, low numbers far more often: the density falls as x^(1/power - 1).
    std::uint32_t skewed_below(std::uint32_t count, int power) {
        std::uint64_t u = next() >> 32;
        const std::uint64_t first = u;
        for (int i = 1; i < power; ++i) u = (u * first) >> 32;
        return static_cast<std::uint32_t>((u * std::uint64_t{count}) >> 32);
    }

private:
    std::uint64_t state_;
};

}  // namespace tillstream
