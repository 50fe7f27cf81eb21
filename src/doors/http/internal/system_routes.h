// system_routes.h - /livez, /readyz, /metrics and GET /v1/verify.
#pragma once

#include "doors/http/http_door.h"

namespace tillstream::http_door {

Status add_system_routes(Router& router, const HttpServices& services);

}  // namespace tillstream::http_door
