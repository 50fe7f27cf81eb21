#include "doors/http/internal/record_routes.h"

#include <string>

#include "codec/charset.h"
#include "doors/http/internal/error_status.h"
#include "doors/http/internal/parameters.h"
#include "doors/http/internal/worker_routes.h"
#include "json/writer.h"
#include "records/record_browser.h"

namespace tillstream::http_door {

namespace {

constexpr NumberBounds kPageBounds{.fallback = 100, .min = 1, .max = 10'000};

void write_errors(json::Writer& out, const Rejection* rejection) {
    out.begin_array();
    if (rejection != nullptr) {
        for (const FieldError& error : rejection->errors) {
            out.begin_object().member("pointer", error.pointer).member("code", to_string(error.code));
            out.member("expected", error.expected).member("found", error.found).end_object();
        }
    }
    out.end_array();
}

void write_record(json::Writer& out, const SeenRecord& record) {
    out.begin_object().member("offset", record.offset.value);
    out.member("arrived_at", format_timestamp(record.arrived)).key("event_id");
    if (record.event_id.empty())
        out.null();
    else
        out.string(record.event_id);
    out.member("status", record.rejection ? "quarantined" : "accepted").member("raw", record.raw);
    out.key("errors");
    write_errors(out, record.rejection);
    out.end_object();
}

/// {records, next}; and what is missing between them, if anything is.
std::string page_json(const RecordPage& page) {
    std::string text;
    json::Writer out(text);
    out.begin_object().key("records").begin_array();
    for (const SeenRecord& record : page.records) write_record(out, record);
    out.end_array().key("next");
    if (page.next)
        out.string(std::to_string(page.next->value));
    else
        out.null();
    if (!page.gaps.empty()) {
        out.key("gaps").begin_array();
        for (const Gap& gap : page.gaps) {
            out.begin_object().member("from", gap.from.value).member("to", gap.to.value);
            out.member("reason", gap.reason).end_object();
        }
        out.end_array();
    }
    out.end_object();
    return text;
}

Result<std::string> stream_records(const HttpServices& services, const HttpRequest& request) {
    const std::string_view stream = *request.params.find("stream");
    if (!services.ingest.knows(stream))
        return failure(Errc::not_found, "no stream named " + std::string(stream));
    const auto shard = TILLSTREAM_TRY(number_parameter(request, "shard", {.max = UINT32_MAX}));
    // `next` of a page is the offset to go on from: it may be passed back under either name.
    const bool by_cursor = request.query.find("cursor").has_value();
    const auto from = TILLSTREAM_TRY(number_parameter(request, by_cursor ? "cursor" : "from", {}));
    const auto limit = TILLSTREAM_TRY(number_parameter(request, "limit", kPageBounds));
    RecordBrowser browser(services.log);
    return page_json(TILLSTREAM_TRY(
        browser.page(stream, ShardId{static_cast<std::uint32_t>(shard)}, Offset{from}, limit)));
}

template <class T, class Write>
void write_optional(json::Writer& out, std::string_view name, const std::optional<T>& value, Write write) {
    out.key(name);
    if (value)
        write(*value);
    else
        out.null();
}

void write_quarantined(json::Writer& out, const QuarantinedRecord& record) {
    out.begin_object().member("id", record.id).member("dataset", record.dataset);
    out.member("stream", record.stream).member("shard", record.shard).member("offset", record.offset);
    const auto text = [&](const std::string& value) { out.string(value); };
    write_optional(out, "file_id", record.file_id, text);
    write_optional(out, "row_number", record.row_number, [&](std::int64_t value) { out.number(value); });
    out.member("raw", record.raw).key("errors").raw(record.errors);
    out.member("arrived_at", format_timestamp(record.arrived)).member("state", record.state);
    write_optional(out, "resolved_by", record.resolved_by, text);
    write_optional(out, "resolved_at", record.resolved_at,
                   [&](Timestamp value) { out.string(format_timestamp(value)); });
    out.end_object();
}

/// For the warehouse, which knows no text that is not UTF-8.
Result<std::string_view> utf8_parameter(const HttpRequest& request, std::string_view name) {
    const std::string_view text = text_parameter(request, name);
    if (is_valid_utf8(text)) return text;
    return failure(Errc::invalid_argument, "query parameter " + std::string(name) + " is no UTF-8 text");
}

/// Empty: any. A state that no record can have is a mistake, not an empty list.
Result<std::string_view> state_parameter(const HttpRequest& request) {
    const auto state = request.query.find("state");
    if (!state) return std::string_view();
    if (*state == "open" || *state == "replayed" || *state == "discarded") return *state;
    return failure(Errc::invalid_argument, "query parameter state is open, replayed or discarded, not '" +
                                               std::string(state->substr(0, 120)) + "'");
}

Result<std::string> quarantine(const HttpServices& services, const HttpRequest& request) {
    QuarantineList* list = services.quarantine();
    if (!list) return failure(Errc::unavailable, services.not_ready());
    const auto limit = TILLSTREAM_TRY(number_parameter(request, "limit", kPageBounds));
    const QuarantineFilter filter{TILLSTREAM_TRY(utf8_parameter(request, "dataset")),
                                  TILLSTREAM_TRY(utf8_parameter(request, "reason")),
                                  TILLSTREAM_TRY(state_parameter(request))};
    const std::string_view from = TILLSTREAM_TRY(utf8_parameter(request, "cursor"));
    const QuarantinePage page = TILLSTREAM_TRY(list->page(filter, from, limit));
    std::string text;
    json::Writer out(text);
    out.begin_object().key("records").begin_array();
    for (const QuarantinedRecord& record : page.records) write_quarantined(out, record);
    out.end_array();
    write_optional(out, "next", page.next, [&](const std::string& cursor) { out.string(cursor); });
    out.end_object();
    return text;
}

}  // namespace

Status add_record_routes(Router& router, const HttpServices& services) {
    TILLSTREAM_CHECK(router.add(Method::get, "/v1/streams/{stream}/records",
                                after_log(services, services.workers,
                                          [services](const HttpRequest& request) {
                                              return json_response(stream_records(services, request),
                                                                   request.request_id);
                                          }),
                                {.name = "streamRecords"}));
    return router.add(Method::get, "/v1/quarantine",
                      after_sinks(services, {"quarantine"},
                                  [services](const HttpRequest& request) {
                                      return json_response(quarantine(services, request), request.request_id);
                                  }),
                      {.name = "listQuarantine"});
}

}  // namespace tillstream::http_door
