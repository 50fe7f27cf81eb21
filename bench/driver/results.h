// results.h - the figures of a run as a table for people and as JSON for later comparison.
#pragma once

#include <string>
#include <vector>

#include "bench/driver/trial.h"

namespace tillstream::bench {

struct RunDescription {
    std::string machine;
    std::string date;
    std::vector<std::string> options;  ///< as typed
};

/// Markdown, aligned well enough for a terminal.
std::string format_table(const std::vector<Figure>& figures);
Json to_json(const RunDescription& description, const std::vector<Figure>& figures);

}  // namespace tillstream::bench
