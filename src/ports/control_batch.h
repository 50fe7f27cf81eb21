// control_batch.h - the system's own facts on their way into the log.
#pragma once

#include <span>
#include <string>

#include "ports/event_log.h"

namespace tillstream {

/// One control record for each of `facts`, JSON objects on one line each; `source` is that of kSystemStream.
LogBatch control_batch(SourceId source, std::span<const std::string> facts);

}  // namespace tillstream
