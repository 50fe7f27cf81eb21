// stream_routes.h - GET /v1/streams/{stream} and POST /v1/streams/{stream}/seal.
#pragma once

#include "doors/http/http_door.h"

namespace tillstream::http_door {

Status add_stream_routes(Router& router, const HttpServices& services);

}  // namespace tillstream::http_door
