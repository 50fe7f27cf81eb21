// query.h - one read-only query on a borrowed connection, and what the engine's parser says about a text.
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "adapters/duckdb/internal/readers.h"
#include "ports/warehouse.h"

namespace tillstream::duck {

/// Runs inside a read-only transaction that is always rolled back; rows stream to the visitor as they are
/// made.
std::variant<Status, SqlError> run_query(Readers::Lease& lease, std::string_view sql,
                                         std::span<const Cell> params, ResultVisitor& visitor);

/// Parses `sql` without binding or running it.
std::variant<StatementInfo, SqlError, Error> inspect_sql(Readers::Lease& lease, std::string_view sql);

}  // namespace tillstream::duck
