// clientele.h - the customers of one store: regulars by Zipf's law, newcomers, and some who never come again.
//
// Memory:  one bit a customer; at most kCustomersMax of all stores together.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "producer/internal/zipf_table.h"

namespace tillstream::internal {

inline constexpr std::uint32_t kCustomersMax = 1'000'000;
/// Ids of a store's customers; the stores' ranges follow each other.
inline constexpr std::uint32_t kCustomerRange = 100'000;

class Clientele {
public:
    explicit Clientele(std::uint32_t stores)
        : most_(std::clamp<std::uint32_t>(kCustomersMax / stores, 30, kCustomerRange)) {}

    /// Number of a customer within the store, from 0. `ranks` is shared by all stores.
    std::uint32_t draw(Random& random, ZipfTable& ranks) {
        const bool new_one = random.one_in(kNewOneIn) && known_ < most_;
        if (new_one || known_ == 0) return known_++;
        const std::uint32_t regulars = known_ / 3 * 2 + std::min(known_ % 3, 2U);
        ranks.grow(regulars);
        const std::uint32_t rank = ranks.draw(random, regulars);
        return rank / 2 * 3 + rank % 2;
    }

    /// True the first time.
    bool mark_seen(std::uint32_t customer) {
        if (seen_.size() <= customer) seen_.resize(customer + 1);
        if (seen_[customer]) return false;
        seen_[customer] = true;
        return true;
    }

private:
    static constexpr std::uint32_t kNewOneIn = 5;

    std::uint32_t most_;
    std::uint32_t known_ = 0;  ///< every third of them is no regular
    std::vector<bool> seen_;
};

}  // namespace tillstream::internal
