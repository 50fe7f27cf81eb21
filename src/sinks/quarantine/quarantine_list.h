// quarantine_list.h - pages through what was judged bad, oldest first.
//
// Place:    reads ops.quarantine. Cursors name the last row seen, so they stay valid under writes.
// Limits:   a page ends after `limit` rows or about 16 MiB of raw records.
// Threads:  any.
// Source:   FACES "Files, runs, quarantine", GET /v1/quarantine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "ports/warehouse.h"

namespace tillstream {

/// Empty members let everything through.
struct QuarantineFilter {
    std::string_view dataset = {};
    std::string_view reason = {};  ///< an error code that the record has, e.g. "type"
    std::string_view state = {};   ///< open, replayed or discarded
};

struct QuarantinedRecord {
    std::string id;
    std::string dataset;
    std::string stream;
    std::int64_t shard = 0;
    std::int64_t offset = 0;
    std::optional<std::string> file_id;
    std::optional<std::int64_t> row_number;
    std::string raw;
    std::string errors;  ///< JSON array
    Timestamp arrived;
    std::string state;
    std::optional<std::string> resolved_by;
    std::optional<Timestamp> resolved_at;
};

struct QuarantinePage {
    std::vector<QuarantinedRecord> records;
    std::optional<std::string> next;  ///< cursor of the next page; nothing at the end
};

class QuarantineList {
public:
    explicit QuarantineList(Warehouse& warehouse) : warehouse_(warehouse) {}

    /// From the beginning if `cursor` is empty; invalid_argument for a cursor that no page gave.
    Result<QuarantinePage> page(const QuarantineFilter& filter, std::string_view cursor, std::size_t limit);

private:
    Warehouse& warehouse_;
};

}  // namespace tillstream
