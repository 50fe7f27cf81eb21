// partition.h - deals the rows of one request out to the shards of its stream.
//
// Cost:     one pass over the rows; each record's text is copied once, into the block its shard will store.
// Order:    within a shard the rows keep the order of the request.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "contract/row_batch.h"
#include "ingest/shard_router.h"
#include "ports/event_log.h"

namespace tillstream {

/// One request, dealt out.
struct Partitioned {
    static constexpr std::uint32_t kNoPart = ~std::uint32_t{0};

    std::vector<LogBatch> batches;        ///< one for each shard that got something
    std::vector<std::uint32_t> part_of;   ///< row -> index into batches; kNoPart if the row was left out
    std::vector<std::uint32_t> place_in;  ///< row -> record within that batch
};

/// Accepted rows go by their partition key; rejected ones, and datasets without a key, by the record's own
/// text. Rows in `left_out` (rising) go nowhere.
Partitioned partition_rows(const RowBatchPtr& rows, const std::vector<SourceInfo>& shards,
                           ShardRouter& router, std::span<const std::uint32_t> left_out = {});

}  // namespace tillstream
