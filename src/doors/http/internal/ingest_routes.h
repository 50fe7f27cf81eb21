// ingest_routes.h - POST /v1/streams/{stream}/records, and what every route that takes records does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "doors/http/http_door.h"

namespace tillstream::http_door {

/// How a request is answered. IngestReceipt::form, as it is stored with a key: these numbers stay.
enum class AnswerForm : std::uint32_t {
    failures = 0,  ///< the receipt, with the records that were quarantined
    all = 1,       ///< the receipt, with every record
    echo = 2,      ///< the posted bytes, and headers that tell of the one record
};

/// failures or all, by `?detail=`; a 400 if it is neither.
std::variant<AnswerForm, HttpResponse> receipt_form(const RequestHead& request);

/// Stores what a request holds and answers it: media types, limits, keys, quotas and refusals are the same
/// whatever the route. `action` names the route in the audit log, and is not kept. In the form `echo` a body
/// of any other than one record is refused (422) and nothing of it is stored.
void take_records(const HttpServices& services, std::string_view stream, AnswerForm form,
                  std::string_view action, HttpRequest&& request, Responder responder);

Status add_ingest_routes(Router& router, const HttpServices& services);

/// The answer's body: counts, position, and the records that its form asks for (FACES "Ingest").
std::string receipt_json(const IngestReceipt& receipt);

}  // namespace tillstream::http_door
