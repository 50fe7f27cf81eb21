// contract_file.h - reads a contract from the TOML of datasets/<name>.toml.
//
// Errors:  invalid_argument listing every problem found, one a line, as "file:line: key: what is wrong", with
//          the nearest valid name for a misspelt key, type, zone or column.
#pragma once

#include <string>
#include <string_view>

#include "contract/schema.h"
#include "core/result.h"

namespace tillstream {

/// `file` is used in messages only.
Result<ContractPtr> parse_contract(std::string_view toml, const std::string& file);

}  // namespace tillstream
