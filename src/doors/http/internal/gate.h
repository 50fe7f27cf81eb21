// gate.h - asks every request for the scope its route declares, before its body is read and before it is told
// what exists.
//
// Answers:  401 with WWW-Authenticate (no token, an unknown or revoked one, two different ones), 403 (the
//           scope is missing), 429 with Retry-After (the quota is used up). With no token ever made,
//           everything passes.
// Unknown:  a path or method that no route has needs a token all the same, of any scope.
// Threads:  io threads; never waits for a disk.
// Source:   FACES "Doors", "Conventions".
#pragma once

#include "access/access.h"
#include "doors/http/internal/operations.h"
#include "ingest/ingest.h"
#include "net/router.h"

namespace tillstream::http_door {

/// Behind all routes: each must be one of `operations`, else internal. `access` outlives the router.
Status set_gate(Router& router, Access& access, const Operations& operations);

/// Charges the records of this request to its token; empty if it came without one. Neither outlives
/// `request`.
Charge quota_of(Access& access, const RequestHead& request, std::string_view action);

/// Of an address as text, as RequestHead::peer has it.
bool is_loopback(std::string_view peer);

}  // namespace tillstream::http_door
