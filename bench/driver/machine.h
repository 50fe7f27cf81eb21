// machine.h - what else the machine was doing, and how fast its disk flushes.
#pragma once

#include <cstdint>
#include <string>

#include "core/env.h"
#include "core/result.h"

namespace tillstream::bench {

/// p50 in microseconds of overwriting and flushing 4 KiB of a written file in `dir`, O_DIRECT, for `seconds`.
Result<double> probe_flush(Filesystem& fs, const std::string& dir, double seconds);

/// Counters of the whole machine since it started, in clock ticks.
struct CpuTicks {
    std::uint64_t total = 0;
    std::uint64_t steal = 0;
};
CpuTicks read_cpu_ticks();
/// Share of all time the host gave to others between two readings.
double steal_share(const CpuTicks& before, const CpuTicks& after);

/// Runnable threads, averaged over the last minute.
double load_average();

/// "AMD EPYC …, 2 cores, 23 GiB, Linux 6.1".
std::string describe_machine();
/// "2011-12-09".
std::string today();

}  // namespace tillstream::bench
