// load_report.h - what a load run found, as one JSON object on one line.
#pragma once

#include <string>

#include "bench/load/load_thread.h"

namespace tillstream::bench {

struct LoadReport {
    LoadOutcome outcome;
    double measured_seconds = 0;  ///< from the end of the warm-up to the last answer
    double cpu_seconds = 0;       ///< of the generator, building the requests not counted
    std::uint32_t records_per_request = 1;
};

std::string format_load_report(const LoadReport& report);

}  // namespace tillstream::bench
