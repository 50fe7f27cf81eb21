// audited.h - a handler whose every call is written to the audit log, with its outcome.
#pragma once

#include <string>

#include "access/access.h"
#include "doors/http/internal/worker_routes.h"

namespace tillstream::http_door {

/// `action` is "sink.pause"; the path's `{parameter}` names what it is done to. The line is on stable storage
/// before the answer leaves.
BlockingHandler audited(Access& access, std::string action, std::string parameter, BlockingHandler handler);

/// One line for an answer to `request`.
void write_audit(Access& access, const RequestHead& request, std::string_view action, std::string_view target,
                 int status);

}  // namespace tillstream::http_door
