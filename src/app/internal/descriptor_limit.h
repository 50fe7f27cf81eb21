// descriptor_limit.h - how many files and sockets the process may have open, and who gets them.
//
// The stores come first: without a descriptor the log makes no segment, the tables no checkpoint, and DuckDB
// may end the process (its destructor throws after an open that failed). What they leave is for connections.
#pragma once

#include <cstddef>

#include "core/result.h"

namespace tillstream::app {

/// Files that log, event ids, tables (512) and warehouse may have open at once, and a few for a moment.
inline constexpr std::size_t kDescriptorsForStores = 768;
/// With fewer a server is of no use.
inline constexpr std::size_t kConnectionsLeast = 64;

/// Raises the soft limit to the hard one; what the limit is then. Shells and services begin with a soft limit
/// of 1024, for the sake of programs older than poll().
std::size_t raise_descriptor_limit();

/// Connections that `limit` descriptors leave room for. invalid_argument: fewer than kConnectionsLeast.
Result<std::size_t> affordable_connections(std::size_t limit);

}  // namespace tillstream::app
