// live_table.h - a table function without arguments whose rows are asked for at every query.
//
// Why:      what the system says of itself (ops.sinks) must be true now, not at the last commit.
// Threads:  the engine calls the source on a query's thread.
#pragma once

#include <duckdb.h>

#include <string>

#include "core/result.h"
#include "ports/warehouse.h"

namespace tillstream::duck {

/// Registers the function in the connection's database and gives its name.
Result<std::string> register_live_table(duckdb_connection connection, const TableSchema& table,
                                        LiveRows rows);

}  // namespace tillstream::duck
