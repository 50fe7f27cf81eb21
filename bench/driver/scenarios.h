// scenarios.h - what is measured. docs/benchmarks.md says what each figure means.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/driver/trial.h"

namespace tillstream::bench {

struct Scenario {
    std::string name;
    std::string what;
    bool needs_product = true;
    std::function<Figure(const Settings&)> run;  ///< fills all but `scenario` and `what`
};

std::vector<Scenario> all_scenarios();

/// The largest rate at which no sink falls behind.
Figure measure_steady_state(const Settings& settings);
/// What reads of purchase histories meet: nothing else, posts beside them, or a server that keeps no answers.
enum class HistoryReads : std::uint8_t { idle, loaded, uncached };
/// Those reads against the null server's.
Figure measure_history(const Settings& settings, HistoryReads reads);
/// What event ids cost: the same bodies under a contract that honours the ids, and one that does not.
Figure measure_deduplication(const Settings& settings, LoadShape load);
/// What encryption costs on connections that are kept.
Figure measure_tls(const Settings& settings, LoadShape load);
/// What one good client notices of thousands of slow and idle ones.
Figure measure_slow_clients(const Settings& settings);
/// What it costs to ask for an event id among a million and among fifty.
Figure measure_identifiers(const Settings& settings);
/// From the start after a kill to the first acknowledgement.
Figure measure_recovery(const Settings& settings);
/// Resident memory while records come as fast as they are taken.
Figure measure_memory(const Settings& settings);
/// A whole file through every sink, against DuckDB alone.
Figure measure_whole_file(const Settings& settings);

}  // namespace tillstream::bench
