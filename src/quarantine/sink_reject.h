// sink_reject.h - the control record that takes a record out of a sink's way: what it refused, and why.
//
// Form:    {"type":"sink_reject","sink","stream","shard","source","offset","contract","error","raw"} in the
//          stream "system"; `raw` is the record as the raw lake holds it, as a JSON string.
// Place:   written by delivery before it goes on behind the record; read by the quarantine sink and by
//          verify. A crash in between writes it again: readers take (sink, source, offset) for its identity.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/event_log.h"

namespace tillstream {

/// The stream of control records. It has one shard.
inline constexpr std::string_view kSystemStream = "system";

struct SinkReject {
    std::string sink;
    std::string stream;
    ShardId shard;
    SourceId source;
    Offset offset;
    std::string contract;
    std::string error;
    std::string raw;
    friend bool operator==(const SinkReject&, const SinkReject&) = default;
};

/// Ready to append.
LogBatch sink_reject_batch(SourceId system_source, const std::vector<SinkReject>& rejects);

/// Nothing for control records of another type. `record` needs no padding.
std::optional<SinkReject> parse_sink_reject(std::string_view record);

}  // namespace tillstream
