// latency_histogram.h - latencies in microseconds with a relative error of at most 1/128 (0.8 %), in 28 KiB.
//
// How:     log-linear as HdrHistogram: each power of two is cut into 128 equal parts; values below 256 are
//          exact.
// Threads: one at a time; threads record into their own and merge.
// Limits:  values above 2^34 us (4.7 hours) count as that; min and max are kept exactly.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace tillstream {

class LatencyHistogram {
public:
    void record(std::uint64_t micros, std::uint64_t count = 1) {
        counts_[index_of(std::min(micros, kLargest))] += count;
        total_ += count;
        max_ = std::max(max_, micros);
    }

    void merge(const LatencyHistogram& other) {
        for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
        total_ += other.total_;
        max_ = std::max(max_, other.max_);
    }

    std::uint64_t count() const { return total_; }
    std::uint64_t max() const { return max_; }

    /// The smallest recorded value (up to the precision, never below it) that at least `share` of all do not
    /// exceed; 0 of an empty histogram.
    std::uint64_t quantile(double share) const {
        if (total_ == 0) return 0;
        const double wanted = share * static_cast<double>(total_);
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (counts_[i] > 0 && static_cast<double>(seen) >= wanted) return std::min(highest_of(i), max_);
        }
        return max_;
    }

private:
    static constexpr int kPartBits = 7;
    static constexpr std::uint64_t kParts = 1U << kPartBits;
    static constexpr int kLargestBits = 34;
    static constexpr std::uint64_t kLargest = (std::uint64_t{1} << kLargestBits) - 1;
    static constexpr std::size_t kCounts = (kLargestBits - 1 - kPartBits) * kParts + 2 * kParts;

    static constexpr std::size_t index_of(std::uint64_t value) {
        if (value < 2 * kParts) return value;
        const int shift = std::bit_width(value) - 1 - kPartBits;
        return static_cast<std::size_t>(shift) * kParts + (value >> shift);
    }
    static constexpr std::uint64_t highest_of(std::size_t index) {
        if (index < 2 * kParts) return index;
        const std::size_t shift = index / kParts - 1;
        return ((index - shift * kParts + 1) << shift) - 1;
    }

    std::array<std::uint64_t, kCounts> counts_{};
    std::uint64_t total_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace tillstream
