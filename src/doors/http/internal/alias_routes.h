// alias_routes.h - POST, PUT and GET of each alias: another way to a stream's records and to its invoices.
//
// POST, PUT:  as POST /v1/streams/{stream}/records, or one record whose bytes are given back (seed).
// GET:        ?InvoiceNo=: as GET /v1/invoices/{no}, or the original systems' item (seed). A stream that
//             holds no invoices answers 404.
// Source:     FACES "Ingest", aliases.
#pragma once

#include <span>

#include "doors/http/http_alias.h"
#include "doors/http/http_door.h"

namespace tillstream::http_door {

/// Behind all other routes but openapi.json's.
Status add_alias_routes(Router& router, const HttpServices& services, std::span<const HttpAlias> aliases);

}  // namespace tillstream::http_door
