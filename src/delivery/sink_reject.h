// sink_reject.h - the control record that takes a record out of a sink's way: what it refused, and why.
//
// Form:    {"type":"sink_reject","sink","stream","shard","source","offset","error","raw"} in stream "system".
// Place:   written by delivery before it goes on behind the record; read by the quarantine sink and by verify.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/bad_records.h"
#include "ports/event_log.h"

namespace tillstream {

inline constexpr std::string_view kSystemStream = "system";

LogBatch sink_reject_batch(SourceId system_source, std::string_view sink, const std::vector<LogBatch>& batches,
                           const std::vector<BadRecord>& bad, const std::vector<SourceInfo>& sources);

}  // namespace tillstream
