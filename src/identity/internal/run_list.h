// run_list.h - `state/dedup/index`: which runs count, and how far of the log they cover.
//
// Form:     docs/formats/dedup.md; written whole beside the old one and renamed.
// Errors:   of parse: corruption; unsupported for a newer format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/siphash.h"
#include "identity/internal/id_run.h"

namespace tillstream::identity {

struct RunList {
    SipHashKey key{};               ///< from which the hashes' keys are derived
    std::uint64_t next_number = 1;  ///< larger than that of any run there ever was under this key
    bool rebuild = false;           ///< a run is damaged: read the log anew at the next start
    std::string cursor;             ///< of the log: everything before it is in the runs. Empty: nothing
    std::vector<RunInfo> runs;      ///< oldest first, within their kind
    friend bool operator==(const RunList&, const RunList&) = default;
};

std::string encode_run_list(const RunList& list);
Result<RunList> parse_run_list(std::string_view bytes);

}  // namespace tillstream::identity
