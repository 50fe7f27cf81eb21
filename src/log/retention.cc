#include "log/internal/retention.h"

#include <map>
#include <set>
#include <string>

namespace tillstream::journal {

std::vector<CutObject> removable(const std::vector<PassPtr>& passes, const std::vector<SourceInfo>& sources,
                                 const RetentionRule& rule, Timestamp now, const Position* needed,
                                 Lsn before) {
    std::map<SourceId, std::string> streams;
    for (const SourceInfo& source : sources) streams[source.id] = source.stream;
    std::map<SourceId, Offset> bound;
    if (needed != nullptr)
        for (const SourceOffset& need : *needed) bound[need.source] = need.next;
    std::map<std::string, std::uint64_t> bytes;
    for (const PassPtr& pass : passes)
        for (const CutObject& object : pass->objects)
            if (!object.removed) bytes[streams[object.source]] += object.stored_bytes;

    std::vector<CutObject> victims;
    std::set<SourceId> stopped;  // nothing behind a kept object goes
    for (const PassPtr& pass : passes) {
        for (const CutObject& object : pass->objects) {
            if (object.removed || !pass->done || stopped.contains(object.source)) continue;
            std::uint64_t& left = bytes[streams[object.source]];
            const std::int64_t age = (now.micros - object.last_arrived.micros) / 1'000'000;
            const bool old = rule.age.count() != 0 && age >= rule.age.count();
            const bool many = rule.bytes != 0 && left > rule.bytes;
            const bool free =
                object.last_group < before && (needed == nullptr || object.last < bound[object.source]);
            if (object.kind == BatchKind::data && free && (old || many)) {
                victims.push_back(object);
                left -= object.stored_bytes;
            } else {
                stopped.insert(object.source);
            }
        }
    }
    return victims;
}

}  // namespace tillstream::journal
