// record_finder.h - single records of the log by where they lie: what a store's rows were made of.
//
// Place:    reads the log itself, wherever the records lie (memory, journal, sealed objects).
// Cost:     records that lie near each other are found in one reading.
// Memory:   about 256 KiB of the log at a time, whatever is asked for, and one batch if it is larger.
// Threads:  any.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "core/result.h"
#include "ports/event_log.h"

namespace tillstream {

class RecordFinder {
public:
    /// `log` outlives this object.
    explicit RecordFinder(EventLog& log) : log_(log) {}

    struct Found {
        Offset offset;
        /// Null: the record is gone, by retention or damage.
        const LogBatch* batch = nullptr;
        std::size_t place = 0;  ///< of the record in the batch
    };
    /// Views into the batch end with the call; an error ends the search.
    using Visit = std::function<Status(const Found&)>;

    /// Calls `visit` once for each of `offsets`, which rise, in their order. not_found for an unknown source.
    Status find(SourceId source, std::span<const Offset> offsets, const Visit& visit) const;

private:
    EventLog& log_;
};

}  // namespace tillstream
