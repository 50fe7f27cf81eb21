// purchase_routes.h - GET /v1/invoices/{no}, /v1/customers/{id} and /v1/customers/{id}/invoices.
#pragma once

#include "doors/http/http_door.h"

namespace tillstream::http_door {

Status add_purchase_routes(Router& router, const HttpServices& services);

/// An invoice with the lines that `?limit=` and `?cursor=` of the request ask for.
Result<std::string> invoice_answer(const PurchaseHistory& history, const HttpRequest& request,
                                   std::string_view invoice_no);

}  // namespace tillstream::http_door
