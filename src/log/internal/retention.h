// retention.h - which sealed objects are old enough, or too many, to be removed.
//
// Rule:   whole objects of data streams, of each source from the oldest on, none that somebody still needs.
//         Control records stay: they are few, and what they count is asked for as long as the log lives.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "core/time.h"
#include "log/internal/cuts.h"
#include "ports/event_log.h"

namespace tillstream::journal {

struct RetentionRule {
    std::chrono::seconds age{0};  ///< of the newest record of an object; 0: any
    std::uint64_t bytes = 0;      ///< stored, of one stream; 0: any
};

/// `needed`: from there on everything is kept, and all of a source it does not name; null: nothing is
/// needed. Only objects of groups before `before` are removed: the others can still be read in the journal.
std::vector<CutObject> removable(const std::vector<PassPtr>& passes, const std::vector<SourceInfo>& sources,
                                 const RetentionRule& rule, Timestamp now, const Position* needed,
                                 Lsn before);

}  // namespace tillstream::journal
