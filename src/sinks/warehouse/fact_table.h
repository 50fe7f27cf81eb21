// fact_table.h - which table and views a contract has in the warehouse.
//
// Source:  FACES "SQL": schema shop; the contract's columns, derived ones, then the metadata of every fact.
#pragma once

#include <optional>

#include "contract/schema.h"
#include "ports/warehouse.h"

namespace tillstream {

/// shop.<dataset>.
TableSchema fact_table(const Contract& contract);

/// shop.clean_batch, the table of the batch system under its original names and with its original cleaning
/// (rows without customer, time or description left out, country in lower case); only for a contract that has
/// those columns.
std::optional<ViewSchema> clean_batch_view(const Contract& contract);

}  // namespace tillstream
