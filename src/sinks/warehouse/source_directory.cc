#include "sinks/warehouse/source_directory.h"

#include <fmt/format.h>

namespace tillstream {

Result<const SourceInfo*> SourceDirectory::find(SourceId source) {
    if (const auto found = known_.find(source); found != known_.end()) return &found->second;
    for (SourceInfo& info : list_()) known_.emplace(info.id, std::move(info));
    if (const auto found = known_.find(source); found != known_.end()) return &found->second;
    return failure(Errc::not_found, fmt::format("source {} is unknown to the log", source.value));
}

}  // namespace tillstream
