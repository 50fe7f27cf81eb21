// quota.h - how much a token may store: two token buckets, charged together or not at all.
//
// Rule:     a bucket holds one second's worth and fills steadily. What is in it can be taken at once; more
//           than a full bucket is taken from a full one only and leaves it in debt, so that a request larger
//           than the quota of a second passes, and the average still holds.
// Threads:  any.
// Source:   FACES "Conventions" (429, Retry-After), "Doors".
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "access/token.h"

namespace tillstream {

/// One thread at a time. `now` may not step back.
class TokenBucket {
public:
    /// 0: never empty.
    explicit TokenBucket(std::uint64_t per_second)
        : per_second_(static_cast<double>(per_second)), level_(per_second_) {}

    /// Seconds until `amount` may be taken; 0: now.
    double wait(std::uint64_t amount, std::chrono::nanoseconds now);
    /// Right after wait() gave 0.
    void take(std::uint64_t amount) { level_ -= static_cast<double>(amount); }

private:
    void fill(std::chrono::nanoseconds now);

    const double per_second_;
    double level_;  ///< below 0: in debt
    std::optional<std::chrono::nanoseconds> filled_at_;
};

class QuotaMeter {
public:
    explicit QuotaMeter(const Quota& quota)
        : unlimited_(quota == Quota{}), records_(quota.records_per_second), bytes_(quota.bytes_per_second) {}

    /// Takes both, or nothing and tells in how many whole seconds (from 1) to try again.
    std::optional<int> charge(std::uint64_t records, std::uint64_t bytes, std::chrono::nanoseconds now);
    /// The same for whatever may come: only a bucket in debt, or empty, refuses.
    std::optional<int> look(std::chrono::nanoseconds now);

private:
    std::optional<int> wait(std::uint64_t records, std::uint64_t bytes, std::chrono::nanoseconds now);

    const bool unlimited_;
    std::mutex mutex_;
    TokenBucket records_;
    TokenBucket bytes_;
};

}  // namespace tillstream
