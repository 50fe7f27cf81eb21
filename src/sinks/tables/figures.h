// figures.h - what the tables hold of a stream, counted and summed by scanning every stored line (verify's
// rule).
//
// Scope:    lines of the given shards below the given ends, as sinks/warehouse/figures.h. Measures the tables
//           do not hold are left out.
// Errors:   corruption for a value that cannot be read, else those of TableStore::scan.
// Threads:  any, also while the sink commits.
#pragma once

#include <span>

#include "contract/schema.h"
#include "core/result.h"
#include "ports/figures.h"
#include "ports/source_directory.h"
#include "ports/table_store.h"

namespace tillstream {

/// Measures quantity, unit_price and line_total.
Result<StoreFigures> scan_lines(TableStore& store, const SourceList& sources, const Contract& contract,
                                std::span<const ShardEnd> ends);

}  // namespace tillstream
