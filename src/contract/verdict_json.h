// verdict_json.h - the errors of a record as JSON, the same in the log, the doors and ops.quarantine.
//
// Format:  [{"pointer":"/Quantity","code":"type","expected":"int64","found":"six"}]   (FACES "Conventions")
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contract/verdict.h"
#include "core/result.h"

namespace tillstream {

void append_errors_json(std::string& out, std::span<const FieldError> errors);

/// Reads what append_errors_json writes; members it does not know are skipped. corruption for anything else.
Result<std::vector<FieldError>> parse_errors_json(std::string_view json);

}  // namespace tillstream
