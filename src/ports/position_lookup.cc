#include "ports/position_lookup.h"

#include <fmt/format.h>

#include <algorithm>

namespace tillstream {

std::optional<Offset> next_in(const Position& position, SourceId source) {
    const auto found = std::find_if(position.begin(), position.end(),
                                    [&](const SourceOffset& entry) { return entry.source == source; });
    return found == position.end() ? std::nullopt : std::optional(found->next);
}

const SinkPosition* find_position(std::span<const SinkPosition> positions, SourceId source) {
    const auto found = std::find_if(positions.begin(), positions.end(),
                                    [&](const SinkPosition& position) { return position.source == source; });
    return found == positions.end() ? nullptr : &*found;
}

Status check_positions(std::string_view consumer, std::span<const SinkPosition> stored,
                       std::span<const SourceOffset> expected, std::span<const SinkPosition> positions) {
    for (const SourceOffset& entry : expected) {
        const SinkPosition* found = find_position(stored, entry.source);
        const Offset next = found == nullptr ? Offset{} : found->next;
        if (next == entry.next) continue;
        return failure(Errc::conflict, fmt::format("{} is at {} in source {}, not at {}", consumer,
                                                   next.value, entry.source.value, entry.next.value));
    }
    for (const SinkPosition& position : positions) {
        const SinkPosition* found = find_position(stored, position.source);
        if (found == nullptr || found->epoch <= position.epoch) continue;
        return failure(Errc::conflict, fmt::format("{} has been written by epoch {}, this is {}", consumer,
                                                   found->epoch.value, position.epoch.value));
    }
    return {};
}

}  // namespace tillstream
