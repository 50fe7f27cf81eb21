// log_place.h - a place in the log: what was come to in every source, and where the log's reader resumes.
#pragma once

#include <map>
#include <string>

#include "core/ids.h"
#include "ports/position.h"

namespace tillstream {

/// Offsets and cursor belong together and are only ever moved together.
struct LogPlace {
    std::map<SourceId, Offset> next;
    std::string cursor;

    Offset next_of(SourceId source) const {
        const auto found = next.find(source);
        return found == next.end() ? Offset{0} : found->second;
    }
    Position position() const {
        Position all;
        for (const auto& [source, offset] : next) all.push_back({source, offset});
        return all;
    }
    friend bool operator==(const LogPlace&, const LogPlace&) = default;
};

}  // namespace tillstream
