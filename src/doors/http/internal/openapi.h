// openapi.h - GET /openapi.json: every route of the door described, OpenAPI 3.1.
//
// Rule:     made from the router's own routes; a route without a description, or a description without a
//           route, keeps the server from starting (internal), so the document cannot drift.
// Source:   OpenAPI Specification 3.1.0.
#pragma once

#include <string>

#include "core/result.h"
#include "doors/http/internal/operations.h"
#include "net/router.h"

namespace tillstream::http_door {

/// Adds the route itself last: the document is made from all that were added before, and it.
Status add_openapi_route(Router& router, const Operations& operations);

/// The document for these routes.
Result<std::string> openapi_json(std::span<const Route> routes, const Operations& operations);

}  // namespace tillstream::http_door
