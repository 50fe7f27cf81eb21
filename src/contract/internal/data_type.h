// data_type.h - the names of column types, and the column names that the platform keeps for itself.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "contract/schema.h"
#include "core/result.h"

namespace tillstream {

/// Reads what DataType::name writes; "decimal" needs both numbers. invalid_argument names the nearest type.
Result<DataType> parse_data_type(std::string_view text);

/// Columns every table gets beside those of its contract.
std::span<const std::string_view> reserved_column_names();

}  // namespace tillstream
