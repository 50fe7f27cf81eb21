// log_routes.h - GET and POST /v1/log-levels: what the server writes to its log, changed while it runs.
#pragma once

#include "doors/http/http_door.h"

namespace tillstream::http_door {

Status add_log_routes(Router& router, const HttpServices& services);

}  // namespace tillstream::http_door
