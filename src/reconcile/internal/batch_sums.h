// batch_sums.h - counts and sums of the accepted records of a decoded batch.
#pragma once

#include <cstdint>
#include <vector>

#include "contract/schema.h"
#include "ports/event_log.h"
#include "ports/figures.h"

namespace tillstream {

/// A zero for each of the contract's measures.
std::vector<MeasureSum> no_sums(const Contract& contract);

/// The first `count` records of the batch, without those rejected. `batch` carries its rows.
void add_rows(const Contract& contract, const LogBatch& batch, std::uint32_t count, StoreFigures& into);

}  // namespace tillstream
