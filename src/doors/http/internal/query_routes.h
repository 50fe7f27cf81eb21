// query_routes.h - POST /v1/query.
#pragma once

#include "doors/http/http_door.h"

namespace tillstream::http_door {

Status add_query_routes(Router& router, const HttpServices& services);

}  // namespace tillstream::http_door
