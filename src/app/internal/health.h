// health.h - looks through a data folder's files for damage, and says what to do about what it finds.
//
// Rule:    changes nothing, and may run beside a live server. Reads every byte of log and raw lake.
// Source:  DESIGN promise 8 (damage is confessed).
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace tillstream::app {

struct Finding {
    enum class Level : std::uint8_t { ok, warning, problem };
    Level level = Level::ok;
    std::string part;    ///< what was looked at
    std::string detail;  ///< what was found
    std::string advice;  ///< what to do; empty if nothing
};

/// "ok", "warning", "problem".
std::string_view to_string(Finding::Level level);

/// Told what is looked at next, for people who wait.
using HealthProgress = std::function<void(const std::string& part)>;

/// Folder and format, room on the disk, tokens, journal, raw lake, index of event ids.
std::vector<Finding> check_files(const std::string& data_dir, int disk_share_max_percent,
                                 const HealthProgress& progress);

}  // namespace tillstream::app
