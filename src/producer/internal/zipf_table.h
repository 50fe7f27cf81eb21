// zipf_table.h - draws by Zipf's law: the k-th thing is wanted 1/k as often as the first.
//
// How:     sums of whole numbers, no power function: the same draws on every platform.
// Memory:  eight bytes a thing; grows, so that any smaller count can be drawn from too.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/decimal.h"
#include "producer/random.h"

namespace tillstream::internal {

class ZipfTable {
public:
    /// The larger the offset, the less the first ones stand out.
    explicit ZipfTable(std::uint32_t offset) : offset_(offset) {}

    void grow(std::size_t count) {
        while (sums_.size() < count) {
            const std::uint64_t before = sums_.empty() ? 0 : sums_.back();
            sums_.push_back(before + kFirstWeight / (sums_.size() + offset_));
        }
    }
    /// 0..count-1; 0 < count <= what it has grown to.
    std::uint32_t draw(Random& random, std::size_t count) const {
        const auto end = sums_.begin() + static_cast<std::ptrdiff_t>(count);
        const auto at = static_cast<std::uint64_t>((UInt128{random.next()} * sums_[count - 1]) >> 64);
        return static_cast<std::uint32_t>(std::upper_bound(sums_.begin(), end, at) - sums_.begin());
    }

private:
    static constexpr std::uint64_t kFirstWeight = std::uint64_t{1} << 40;

    std::uint64_t offset_;
    std::vector<std::uint64_t> sums_;
};

}  // namespace tillstream::internal
