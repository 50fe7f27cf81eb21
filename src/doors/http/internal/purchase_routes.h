// purchase_routes.h - GET /v1/invoices/{no}, /v1/customers/{id} and /v1/customers/{id}/invoices.
#pragma once

#include "doors/http/http_door.h"

namespace tillstream::http_door {

Status add_purchase_routes(Router& router, const HttpServices& services);

}  // namespace tillstream::http_door
