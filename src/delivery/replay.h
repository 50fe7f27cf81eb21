// replay.h - bringing a stretch of the log to a sink again: what was asked for, and how far it has come.
//
// Rule:     a sink that can replace gets the records of the range again in the place of what it holds of
//           them, between its normal commits; its readers see whole records all the time. Any other sink is
//           reset and rebuilt from the log's beginning, whatever the range.
// Crash:    a replay ends with the process and may be asked for again; the store is consistent at every
//           moment.
// Source:   FACES "CLI"; engine-notes 6.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"

namespace tillstream {

/// Of arrival times; `from` inclusive, `to` exclusive. Both empty: everything the log still has.
struct ReplayRange {
    std::optional<Timestamp> from;
    std::optional<Timestamp> to;
};

enum class ReplayState : std::uint8_t { none, waiting, running, done, failed };
/// "none", "waiting", "running", "done", "failed".
std::string_view to_string(ReplayState state);

struct ReplayStatus {
    ReplayState state = ReplayState::none;
    bool whole = false;        ///< the store was emptied and is rebuilt
    std::uint64_t passed = 0;  ///< records of the log behind it
    std::uint64_t total = 0;   ///< records in the log when it began
    std::uint64_t stored = 0;  ///< records given to the sink again
    std::string error;         ///< of the last failed attempt, or why it failed
};

}  // namespace tillstream
