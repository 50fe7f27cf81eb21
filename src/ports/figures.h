// figures.h - what a store says it holds of a dataset: a count and exact sums, for comparing stores with the
// log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/decimal.h"
#include "core/ids.h"

namespace tillstream {

enum class StoreContent : std::uint8_t {
    accepted,     ///< the store holds the accepted records, with their measures
    quarantined,  ///< the store holds the rejected ones
};

/// Sum of one of the contract's measures; scale 0 for integers.
struct MeasureSum {
    std::string name;
    Int128 sum = 0;
    int scale = 0;
    friend bool operator==(const MeasureSum&, const MeasureSum&) = default;
};

struct StoreFigures {
    std::uint64_t rows = 0;
    /// In the order of Contract::measures, without those the store does not hold; empty for quarantined
    /// content.
    std::vector<MeasureSum> sums;
    friend bool operator==(const StoreFigures&, const StoreFigures&) = default;
};

/// Only records of `shard` from `first` on and below `end` count.
struct ShardEnd {
    ShardId shard;
    Offset end;
    Offset first = {};  ///< what lies before has gone from the log (retention)
};

}  // namespace tillstream
