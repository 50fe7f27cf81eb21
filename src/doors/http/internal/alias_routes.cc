#include "doors/http/internal/alias_routes.h"

#include <fmt/format.h>

#include "doors/http/internal/error_status.h"
#include "doors/http/internal/ingest_routes.h"
#include "doors/http/internal/operations.h"
#include "doors/http/internal/parameters.h"
#include "doors/http/internal/purchase_routes.h"
#include "doors/http/internal/seed_invoice.h"
#include "doors/http/internal/worker_routes.h"
#include "sinks/tables/sale_shape.h"

namespace tillstream::http_door {

namespace {

Handler take_handler(const HttpServices& services, const HttpAlias& alias, Method method) {
    return [services, stream = alias.stream, seed = alias.response == AliasResponse::seed,
            action = fmt::format("{} {}", to_string(method), alias.path)](HttpRequest&& request,
                                                                          Responder responder) {
        std::variant<AnswerForm, HttpResponse> form = AnswerForm::echo;
        if (!seed) form = receipt_form(request);
        if (auto* refused = std::get_if<HttpResponse>(&form)) return responder.send(std::move(*refused));
        take_records(services, stream, std::get<AnswerForm>(form), action, std::move(request),
                     std::move(responder));
    };
}

HttpResponse missing_number(const HttpRequest& request) {
    Problem problem{.status = 400,
                    .detail =
                        "query parameter InvoiceNo is missing: ask for ?InvoiceNo=536365; customers are "
                        "at /v1/customers/{id}"};
    problem.errors = errors_json({"/InvoiceNo", "required", "an invoice's number", ""});
    return problem_response(problem, request.request_id);
}

HttpResponse seed_response(Result<SeedInvoice> invoice, std::string_view request_id) {
    if (!invoice) return error_response(invoice.error(), request_id);
    if (!invoice->too_large.empty())
        return problem_response({.status = 422, .detail = std::move(invoice->too_large)}, request_id);
    HttpResponse response;
    response.body = std::move(invoice->json);
    if (invoice->lines_from_tables > 0)
        response.headers.emplace_back("Tillstream-Lines-From-Tables",
                                      std::to_string(invoice->lines_from_tables));
    return response;
}

HttpResponse invoice_by_number(const HttpServices& services, const HttpAlias& alias,
                               const HttpRequest& request) {
    const std::string_view number = text_parameter(request, "InvoiceNo");
    if (number.empty()) return missing_number(request);
    const auto answer_error = [&](Errc code, std::string why) {
        return error_response({code, std::move(why)}, request.request_id);
    };
    const ContractPtr contract = services.contracts.find(alias.stream);
    if (!contract || !sale_shape(*contract))
        return answer_error(
            Errc::not_found,
            fmt::format("stream {} holds no invoices, so there is none to look up", alias.stream));
    const PurchaseHistory* history = services.history();
    if (!history) return answer_error(Errc::unavailable, "the tables are still opening; retry");
    if (alias.response == AliasResponse::stream)
        return json_response(invoice_answer(*history, request, number), request.request_id);
    return seed_response(find_seed_invoice(*history, services.log, services.contracts, number),
                         request.request_id);
}

Status add_alias(Router& router, const HttpServices& services, const HttpAlias& alias, std::size_t number) {
    for (const Method method : {Method::post, Method::put}) {
        RouteOptions options;
        options.name = alias_operation(number, method);
        options.body_bytes_max = services.ingest.limits().body_bytes;
        TILLSTREAM_CHECK(
            router.add(method, alias.path, take_handler(services, alias, method), std::move(options)));
    }
    const BlockingHandler look_up = [services, alias](const HttpRequest& request) {
        return invoice_by_number(services, alias, request);
    };
    return router.add(Method::get, alias.path, after_sinks(services, {"tables"}, look_up),
                      {.name = alias_operation(number, Method::get)});
}

}  // namespace

Status add_alias_routes(Router& router, const HttpServices& services, std::span<const HttpAlias> aliases) {
    for (std::size_t i = 0; i < aliases.size(); ++i)
        TILLSTREAM_CHECK(add_alias(router, services, aliases[i], i));
    return {};
}

}  // namespace tillstream::http_door
