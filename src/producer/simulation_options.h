// simulation_options.h - what a simulated shop is like, with its checks.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.h"
#include "producer/quirks.h"

namespace tillstream {

struct SimulationOptions {
    std::uint64_t seed = 1;
    std::uint64_t rows = 100'000;  ///< records in the file, corrupt and repeated ones included
    std::uint32_t stores = 3;
    std::uint32_t products = 4'000;
    std::int32_t first_day = 14'944;  ///< days since 1970-01-01; 2010-12-01
    std::uint32_t days = 0;           ///< the rows spread over them; 0: each store sells kRowsPerDay a day
    double late_share = 0.02;         ///< of invoices that come up to nine days behind their neighbours
    double repeat_share = 0;          ///< of records that repeat the event id of an earlier one
    double corrupt_share = 0.005;     ///< of records that must be refused
    QuirkSet quirks = QuirkSet::all();
};

/// Of one store on an average day, about as a real web shop's year has it.
inline constexpr std::uint32_t kRowsPerDay = 1'500;

/// So many records of all stores take so many days; what is beyond goes on at that pace.
struct SimulationPace {
    std::uint64_t rows = 0;
    std::uint64_t days = 0;
};
SimulationPace pace_of(const SimulationOptions& options);

/// invalid_argument if a number makes no shop: no store, a share outside 0..1, over a hundred years, ….
Status check_options(const SimulationOptions& options);

/// "2%" or "0.02". invalid_argument if it is no number, or none of 0..1.
Result<double> parse_share(std::string_view text);

}  // namespace tillstream
