// ops_tables.h - what the system says of itself as SQL: ops.sinks and ops.tables.
//
// Rule:    rows are made when a query asks; nothing is written for them.
// Source:  FACES "SQL".
#pragma once

#include "core/result.h"
#include "delivery/delivery.h"
#include "ports/event_log.h"
#include "ports/warehouse.h"

namespace tillstream::app {

/// All outlive the warehouse's queries.
Status add_ops_tables(Warehouse& warehouse, const Delivery& delivery, const EventLog& log);

}  // namespace tillstream::app
