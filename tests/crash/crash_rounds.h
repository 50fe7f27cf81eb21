// crash_rounds.h - rounds of load, SIGKILL, recovery and audit on one data folder that grows.
//
// A round:   start, load by many producers, kill in its midst, perhaps kill again while it recovers or
//            catches up, start, audit. The next round's start is the second recovery: it must change nothing.
// Minima:    kCrashMinima; a run that reaches less fails, since it tested nothing.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"

namespace tillstream {

struct CrashOptions {
    int rounds = 20;
    std::uint64_t seed = 1;
    int connections = 20;
    std::string data_dir;
};

struct CrashMinima {
    std::uint64_t acknowledged_records = 10'000;  ///< in each round, before its kill
    int in_flight = 8;                            ///< requests that the kill leaves without an answer
};
inline constexpr CrashMinima kCrashMinima;

/// The first broken invariant or missed minimum.
Status run_crash_rounds(const CrashOptions& options);

}  // namespace tillstream
