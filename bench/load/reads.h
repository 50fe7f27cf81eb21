// reads.h - GET requests made before the clock starts, from a file of targets.
#pragma once

#include <string>
#include <vector>

#include "bench/load/sales_bodies.h"

namespace tillstream::bench {

/// One target a line, such as "/v1/customers/12346/invoices?limit=20". invalid_argument if there is none.
Result<std::vector<std::string>> read_targets(const std::string& path);

/// One GET for each target, in order; the list again until there are `least`. Of `options` host and token
/// count.
std::vector<SalesRequest> make_reads(const BodyOptions& options, const std::vector<std::string>& targets,
                                     std::size_t least);

}  // namespace tillstream::bench
