// record_routes.h - GET /v1/streams/{stream}/records and GET /v1/quarantine: records as they were received.
#pragma once

#include "doors/http/http_door.h"

namespace tillstream::http_door {

Status add_record_routes(Router& router, const HttpServices& services);

}  // namespace tillstream::http_door
