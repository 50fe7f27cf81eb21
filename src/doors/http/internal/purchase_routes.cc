#include "doors/http/internal/purchase_routes.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <string>

#include "doors/http/internal/answer_cache.h"
#include "doors/http/internal/error_status.h"
#include "doors/http/internal/parameters.h"
#include "doors/http/internal/worker_routes.h"
#include "json/writer.h"
#include "ports/position.h"

namespace tillstream::http_door {

namespace {

constexpr NumberBounds kLineBounds{.fallback = 1000, .min = 1, .max = PurchaseHistory::kLimitMax};
constexpr NumberBounds kInvoiceBounds{.fallback = 100, .min = 1, .max = PurchaseHistory::kLimitMax};

void write_amount(json::Writer& out, std::string_view name, const Amount& amount) {
    out.key(name).string(format_decimal(amount.value, amount.scale));
}

void write_optional(json::Writer& out, std::string_view name, const std::optional<std::string>& text) {
    out.key(name);
    if (text)
        out.string(*text);
    else
        out.null();
}

void write_next(json::Writer& out, const std::string& next) {
    out.key("next");
    if (next.empty())
        out.null();
    else
        out.string(next);
}

void write_line(json::Writer& out, const InvoiceLine& line) {
    out.begin_object().member("line", line.line).member("stock_code", line.stock_code);
    write_optional(out, "description", line.description);
    out.member("quantity", line.quantity);
    write_amount(out, "unit_price", line.unit_price);
    write_amount(out, "line_total", line.line_total);
    out.member("time", format_timestamp(line.time));
    out.member("position", encode_position({{line.source, Offset{line.offset.value + 1}}})).end_object();
}

std::string invoice_json(const InvoicePage& invoice) {
    std::string text;
    json::Writer out(text);
    out.begin_object().member("invoice_no", invoice.invoice_no).key("customer_id");
    if (invoice.customer_id)
        out.number(*invoice.customer_id);
    else
        out.null();
    out.member("time", format_timestamp(invoice.time));
    write_optional(out, "country", invoice.country);
    out.member("lines", invoice.lines).key("units").number(invoice.units);
    write_amount(out, "total", invoice.total);
    out.key("items").begin_array();
    for (const InvoiceLine& line : invoice.items) write_line(out, line);
    out.end_array();
    write_next(out, invoice.next);
    out.end_object();
    return text;
}

std::string customer_json(const CustomerTotals& customer) {
    std::string text;
    json::Writer out(text);
    out.begin_object().member("customer_id", customer.customer_id);
    write_optional(out, "country", customer.country);
    out.member("invoices", customer.invoices).member("lines", customer.lines);
    out.key("units").number(customer.units);
    write_amount(out, "total", customer.total);
    out.member("first", format_timestamp(customer.first));
    out.member("last", format_timestamp(customer.last)).end_object();
    return text;
}

std::string invoices_json(const CustomerInvoices& page) {
    std::string text;
    json::Writer out(text);
    out.begin_object().key("invoices").begin_array();
    for (const CustomerInvoice& invoice : page.invoices) {
        out.begin_object().member("invoice_no", invoice.invoice_no);
        out.member("time", format_timestamp(invoice.time)).member("lines", invoice.lines);
        out.key("units").number(invoice.units);
        write_amount(out, "total", invoice.total);
        write_optional(out, "country", invoice.country);
        out.end_object();
    }
    out.end_array();
    write_next(out, page.next);
    out.end_object();
    return text;
}

/// Customers are numbers; any other text names none of them.
Result<std::int64_t> customer_id(const HttpRequest& request) {
    const std::string_view text = *request.params.find("id");
    std::int64_t id = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (bad == std::errc{} && end == text.data() + text.size()) return id;
    return failure(Errc::not_found,
                   fmt::format("no customer {}: a customer's id is a whole number", text.substr(0, 120)));
}

Result<std::string> invoice(const PurchaseHistory& history, const HttpRequest& request) {
    return invoice_answer(history, request, *request.params.find("no"));
}

Result<std::string> customer(const PurchaseHistory& history, const HttpRequest& request) {
    const std::int64_t id = TILLSTREAM_TRY(customer_id(request));
    return customer_json(TILLSTREAM_TRY(history.customer(id)));
}

Result<std::string> customer_invoices(const PurchaseHistory& history, const HttpRequest& request) {
    const std::int64_t id = TILLSTREAM_TRY(customer_id(request));
    CustomerInvoicesQuery query;
    query.from = TILLSTREAM_TRY(time_parameter(request, "from"));
    query.to = TILLSTREAM_TRY(time_parameter(request, "to"));
    query.limit = TILLSTREAM_TRY(number_parameter(request, "limit", kInvoiceBounds));
    query.cursor = text_parameter(request, "cursor");
    const std::string_view order = request.query.find("order").value_or("desc");
    if (order != "asc" && order != "desc")
        return failure(Errc::invalid_argument,
                       fmt::format("query parameter order is asc or desc, not '{}'", order.substr(0, 120)));
    query.order = order == "asc" ? ListOrder::ascending : ListOrder::descending;
    return invoices_json(TILLSTREAM_TRY(history.customer_invoices(id, query)));
}

std::optional<PurchaseStamp> invoice_stamp(const PurchaseHistory& history, const HttpRequest& request) {
    return history.invoice_stamp(*request.params.find("no"));
}

std::optional<PurchaseStamp> customer_stamp(const PurchaseHistory& history, const HttpRequest& request) {
    const auto id = customer_id(request);
    return id ? history.customer_stamp(*id) : std::nullopt;
}

/// How one kind of thing is looked up, and what says whether an answer about it still stands.
struct Lookup {
    Result<std::string> (*read)(const PurchaseHistory&, const HttpRequest&);
    std::optional<PurchaseStamp> (*stamp)(const PurchaseHistory&, const HttpRequest&);
};
using IsShort = bool (*)(const HttpRequest&);

/// A few blocks, mostly cached: less work than handing the request to another thread and back.
constexpr std::size_t kShortEntriesMax = 100;

template <const NumberBounds& kBounds>
bool asks_for_few(const HttpRequest& request) {
    const auto limit = number_parameter(request, "limit", kBounds);
    return !limit || *limit <= kShortEntriesMax;
}

/// A customer's totals are one entry per shard.
bool always(const HttpRequest&) { return true; }

/// What the answer depends on beside the store: `after` only says when to read.
std::string cache_key(const HttpRequest& request) {
    std::string key(request.path);
    for (const auto& [name, value] : request.query) {
        if (name == "after") continue;
        key.append(1, '\0').append(name).append(1, '\0').append(value);
    }
    return key;
}

Result<std::string> read_or_reuse(AnswerCache& cache, const Lookup& lookup, const PurchaseHistory& history,
                                  const HttpRequest& request) {
    const auto stamp = lookup.stamp(history, request);
    if (!stamp) return lookup.read(history, request);
    const std::string key = cache_key(request);
    if (auto kept = cache.find(key, *stamp)) return std::move(*kept);
    auto answer = lookup.read(history, request);
    if (answer) cache.keep(key, *stamp, *answer);
    return answer;
}

Handler lookup_route(const HttpServices& services, std::shared_ptr<AnswerCache> cache, Lookup lookup,
                     IsShort is_short) {
    const BlockingHandler answer = [services, cache = std::move(cache), lookup](const HttpRequest& request) {
        const PurchaseHistory* history = services.history();
        if (!history)
            return error_response({Errc::unavailable, "the tables are still opening; retry"},
                                  request.request_id);
        return json_response(read_or_reuse(*cache, lookup, *history, request), request.request_id);
    };
    const auto at_once = [services, is_short](const HttpRequest& request) {
        return services.history() != nullptr && is_short(request);
    };
    return at_once_or_after_sinks(services, {"tables"}, at_once, answer);
}

}  // namespace

Result<std::string> invoice_answer(const PurchaseHistory& history, const HttpRequest& request,
                                   std::string_view invoice_no) {
    const auto limit = TILLSTREAM_TRY(number_parameter(request, "limit", kLineBounds));
    return invoice_json(
        TILLSTREAM_TRY(history.invoice(invoice_no, limit, text_parameter(request, "cursor"))));
}

Status add_purchase_routes(Router& router, const HttpServices& services) {
    const auto cache = std::make_shared<AnswerCache>(services.answer_cache_bytes, services.metrics);
    const Lookup invoices{&invoice, &invoice_stamp};
    const Lookup customers{&customer, &customer_stamp};
    const Lookup histories{&customer_invoices, &customer_stamp};
    TILLSTREAM_CHECK(router.add(Method::get, "/v1/invoices/{no}",
                                lookup_route(services, cache, invoices, &asks_for_few<kLineBounds>),
                                {.name = "invoice"}));
    TILLSTREAM_CHECK(router.add(Method::get, "/v1/customers/{id}",
                                lookup_route(services, cache, customers, &always), {.name = "customer"}));
    return router.add(Method::get, "/v1/customers/{id}/invoices",
                      lookup_route(services, cache, histories, &asks_for_few<kInvoiceBounds>),
                      {.name = "customerInvoices"});
}

}  // namespace tillstream::http_door
