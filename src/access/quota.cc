#include "access/quota.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tillstream {

void TokenBucket::fill(std::chrono::nanoseconds now) {
    if (filled_at_ && now > *filled_at_) {
        const double seconds = std::chrono::duration<double>(now - *filled_at_).count();
        level_ = std::min(per_second_, level_ + seconds * per_second_);
    }
    filled_at_ = now;
}

double TokenBucket::wait(std::uint64_t amount, std::chrono::nanoseconds now) {
    if (per_second_ == 0) return 0;
    fill(now);
    const double wanted = std::min(static_cast<double>(amount), per_second_);
    return level_ >= wanted ? 0 : (wanted - level_) / per_second_;
}

std::optional<int> QuotaMeter::wait(std::uint64_t records, std::uint64_t bytes,
                                    std::chrono::nanoseconds now) {
    const double seconds = std::max(records_.wait(records, now), bytes_.wait(bytes, now));
    if (seconds <= 0) return std::nullopt;
    constexpr double kMost = std::numeric_limits<int>::max();
    return static_cast<int>(std::clamp(std::ceil(seconds), 1.0, kMost));
}

std::optional<int> QuotaMeter::charge(std::uint64_t records, std::uint64_t bytes,
                                      std::chrono::nanoseconds now) {
    if (unlimited_) return std::nullopt;
    const std::lock_guard lock(mutex_);
    if (const auto seconds = wait(records, bytes, now)) return seconds;
    records_.take(records);
    bytes_.take(bytes);
    return std::nullopt;
}

std::optional<int> QuotaMeter::look(std::chrono::nanoseconds now) {
    if (unlimited_) return std::nullopt;
    const std::lock_guard lock(mutex_);
    return wait(1, 1, now);
}

}  // namespace tillstream
