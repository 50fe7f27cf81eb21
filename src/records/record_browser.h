// record_browser.h - looks into a stream as it was received: record by record, with verdicts and errors.
//
// Place:    reads the log itself, wherever the records lie (memory, journal, sealed objects).
// Stable:   offsets never change, so a page is the same under any writes; only retention ends it.
// Limits:   a page holds at most `limit` records and about 16 MiB of them; never fewer than one if there is
//           one.
// Threads:  any.
// Source:   FACES "Reads", GET /v1/streams/{s}/records.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "ports/event_log.h"

namespace tillstream {

/// One record; the views live as long as the page.
struct SeenRecord {
    Offset offset;
    Timestamp arrived;
    std::string_view raw;                  ///< the line as the raw lake holds it
    std::string_view event_id;             ///< empty: none
    const Rejection* rejection = nullptr;  ///< null: accepted
};

struct RecordPage {
    std::vector<SeenRecord> records;
    std::vector<Gap> gaps;       ///< of this shard, met on the way
    std::optional<Offset> next;  ///< where the next page begins; nothing: the log ends here
    /// What the views point into.
    std::vector<LogBatch> batches;
};

class RecordBrowser {
public:
    /// `log` outlives this object.
    explicit RecordBrowser(EventLog& log) : log_(log) {}

    /// not_found for an unknown stream or shard. From the earliest record kept if `from` lies before it.
    Result<RecordPage> page(std::string_view stream, ShardId shard, Offset from, std::size_t limit);

private:
    EventLog& log_;
};

}  // namespace tillstream
