// figures.h - what the warehouse holds of a stream, counted and summed by scanning its tables (verify's
// rule).
//
// Scope:    records of the given shards below the given ends; rows of files are not part of a stream.
// Errors:   not_found if the table was never made, else those of Warehouse::query.
// Threads:  any.
#pragma once

#include <span>

#include "contract/schema.h"
#include "core/result.h"
#include "ports/figures.h"
#include "ports/warehouse.h"

namespace tillstream {

/// shop.<dataset>: rows and the exact sums of the contract's measures.
Result<StoreFigures> scan_facts(Warehouse& warehouse, const Contract& contract,
                                std::span<const ShardEnd> ends);

/// ops.quarantine: records rejected at ingest, without those that a sink refused later.
Result<StoreFigures> scan_quarantine(Warehouse& warehouse, const Contract& contract,
                                     std::span<const ShardEnd> ends);

}  // namespace tillstream
