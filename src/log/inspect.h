// inspect.h - looks at the files of the log without a running journal.
//
// Place:    `tillstream inspect` prints a file; `verify` and ledgers count what is stored by `scan`.
// Changes:  nothing, so both may run beside a live journal; they see what was written at the call.
#pragma once

#include <functional>
#include <string>

#include "core/env.h"
#include "core/result.h"
#include "ports/event_log.h"

namespace tillstream {

/// Appends a readable description of a segment, registry, cuts or sealed object: every header, group, frame,
/// batch and section with the outcome of its checks. Damage is described, not returned; invalid_argument if
/// the file is none of them.
Status inspect_file(Filesystem& fs, const std::string& path, std::string& out);

struct LogVisitor {
    /// Once, before anything else.
    std::function<void(const std::vector<SourceInfo>&)> on_sources;
    /// In log order; false ends the scan.
    std::function<bool(const LogBatch&)> on_batch;
    std::function<void(const Gap&)> on_gap;
};

/// Reads the whole log in `dir` from its files. not_found if there is none.
Status scan_log(Filesystem& fs, const std::string& dir, const LogVisitor& visitor);

}  // namespace tillstream
