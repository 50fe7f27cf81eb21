// stream_routes.h - GET /v1/streams/{stream}, POST /v1/sinks/{sink}/pause and /resume.
#pragma once

#include "doors/http/http_door.h"

namespace tillstream::http_door {

Status add_stream_routes(Router& router, const HttpServices& services);

}  // namespace tillstream::http_door
