// token_routes.h - /v1/tokens: make, list and revoke tokens. While there is none, for loopback only.
#pragma once

#include "doors/http/http_door.h"

namespace tillstream::http_door {

Status add_token_routes(Router& router, const HttpServices& services);

}  // namespace tillstream::http_door
