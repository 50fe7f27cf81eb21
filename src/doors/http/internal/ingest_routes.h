// ingest_routes.h - POST /v1/streams/{stream}/records.
#pragma once

#include "doors/http/http_door.h"

namespace tillstream::http_door {

Status add_ingest_routes(Router& router, const HttpServices& services);

/// The answer's body: counts, position, and the records that its form asks for (FACES "Ingest").
std::string receipt_json(const IngestReceipt& receipt);

}  // namespace tillstream::http_door
