// sink_routes.h - POST /v1/sinks/{sink}/pause, /resume and /replay, GET /v1/sinks/{sink}/replay.
#pragma once

#include "doors/http/http_door.h"

namespace tillstream::http_door {

Status add_sink_routes(Router& router, const HttpServices& services);

}  // namespace tillstream::http_door
