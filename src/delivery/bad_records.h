// bad_records.h - finds the records a sink refuses, without leaving a trace in it.
//
// Rule:  only an error classed as data starts the search. A sink that refuses known-good data too, or refuses
//        too much, is sick and nothing is blamed on the records (engine-notes 6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "ports/sink.h"

namespace tillstream {

/// A record refused by a sink after it was accepted at ingest.
struct BadRecord {
    std::size_t batch = 0;    ///< index into the searched batches
    std::uint32_t index = 0;  ///< of the record in that batch
    std::string error;        ///< the sink's words
};

struct SickLimits {
    std::size_t in_a_row_max = 100;  ///< this many refused records one after the other: a sick sink
    std::size_t window = 10'000;     ///< records over which share_max is taken, at least
    double share_max = 0.01;         ///< more than this share refused: a sick sink
};

/// Searches by halves, through Sink::rehearse only.
/// Errors: unavailable if the sink is sick (message says why); any other error of the sink as it is.
/// An empty result means that the rehearsal of the whole succeeded.
Result<std::vector<BadRecord>> find_bad_records(Sink& sink, const std::vector<LogBatch>& batches,
                                                const SickLimits& limits);

/// `batches` without the bad records; what is left of a batch keeps its offsets.
std::vector<LogBatch> without_records(const std::vector<LogBatch>& batches,
                                      const std::vector<BadRecord>& bad);

}  // namespace tillstream
