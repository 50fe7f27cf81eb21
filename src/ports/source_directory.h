// source_directory.h - which stream and shard a source is, as the log knows it.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/result.h"
#include "ports/event_log.h"

namespace tillstream {

/// The log's sources at the moment (EventLog::sources).
using SourceList = std::function<std::vector<SourceInfo>()>;

/// A cache over it: sources are only ever added. One thread at a time.
class SourceDirectory {
public:
    explicit SourceDirectory(SourceList list) : list_(std::move(list)) {}

    /// not_found for a source the log does not know. The pointer stays valid as long as this object.
    Result<const SourceInfo*> find(SourceId source) {
        if (const auto found = known_.find(source); found != known_.end()) return &found->second;
        for (SourceInfo& info : list_()) known_.emplace(info.id, std::move(info));
        if (const auto found = known_.find(source); found != known_.end()) return &found->second;
        return failure(Errc::not_found, fmt::format("source {} is unknown to the log", source.value));
    }

private:
    SourceList list_;
    std::unordered_map<SourceId, SourceInfo> known_;
};

}  // namespace tillstream
