#include "doors/http/internal/ingest_routes.h"

#include "contract/verdict_json.h"
#include "doors/http/internal/content.h"
#include "doors/http/internal/error_status.h"
#include "doors/http/internal/gate.h"
#include "json/writer.h"

namespace tillstream::http_door {

namespace {

bool has_form(const IngestReceipt& receipt, AnswerForm form) {
    return receipt.form == static_cast<std::uint32_t>(form);
}

int status_of(IngestRefusal::Kind kind) {
    switch (kind) {
        case IngestRefusal::Kind::unknown_stream: return 404;
        case IngestRefusal::Kind::malformed: return 400;
        case IngestRefusal::Kind::not_one: return 422;
        case IngestRefusal::Kind::too_large: return 413;
        case IngestRefusal::Kind::overloaded: return 503;
        case IngestRefusal::Kind::over_quota: return 429;
        case IngestRefusal::Kind::outcome_unknown: return 503;
        case IngestRefusal::Kind::bad_key: return 400;
        case IngestRefusal::Kind::key_in_use: return 409;
        case IngestRefusal::Kind::key_reused: return 422;
    }
    return 500;
}

HttpResponse refusal_response(const IngestRefusal& refusal, std::string_view request_id) {
    Problem problem{.status = status_of(refusal.kind), .detail = refusal.detail};
    problem.retry_after_seconds = refusal.retry_after_seconds;
    if (refusal.kind == IngestRefusal::Kind::malformed) {
        problem.errors = errors_json(
            {"", std::string(to_string(refusal.code)), "a body that splits into records", refusal.detail});
    }
    if (refusal.kind == IngestRefusal::Kind::not_one)
        problem.errors = errors_json({"", "size", "one record", refusal.found});
    if (refusal.kind == IngestRefusal::Kind::outcome_unknown) problem.slug = "outcome-unknown";
    if (refusal.kind == IngestRefusal::Kind::bad_key)
        problem.errors = errors_json({"", "size", "1 to 255 bytes of Idempotency-Key", refusal.found});
    return problem_response(problem, request_id);
}

HttpResponse unsupported_response(const UnsupportedBody& body, std::string_view request_id) {
    if (body.repeated) {
        Problem problem{.status = 400, .detail = "the header " + body.header + " is there more than once"};
        problem.errors = errors_json({"", "duplicate_field", body.expected, body.found});
        return problem_response(problem, request_id);
    }
    Problem problem{.status = 415,
                    .detail = body.header + " " + body.found + " is not taken here; send " + body.expected};
    problem.errors = errors_json({"", "encoding", body.expected, body.found});
    return problem_response(problem, request_id);
}

HttpResponse bad_detail_response(std::string_view found, std::string_view request_id) {
    Problem problem{.status = 400,
                    .detail = "query parameter detail is failures or all, not " + std::string(found)};
    problem.errors = errors_json({"/detail", "format", "failures or all", std::string(found)});
    return problem_response(problem, request_id);
}

void write_record(json::Writer& out, const IngestReceipt& receipt, std::uint32_t row,
                  const Rejection* rejection) {
    out.begin_object().member("index", row).member("status", rejection ? "quarantined" : "accepted");
    out.member("shard", receipt.shard(row).value).member("offset", receipt.offset(row).value);
    if (rejection) {
        std::string errors;
        append_errors_json(errors, rejection->errors);
        out.key("errors").raw(errors);
    }
    out.end_object();
}

void write_records(json::Writer& out, const IngestReceipt& receipt) {
    const auto rejections = receipt.rows->rejections();
    if (!has_form(receipt, AnswerForm::all)) {
        for (const Rejection& rejection : rejections)
            if (!receipt.is_copy(rejection.index)) write_record(out, receipt, rejection.index, &rejection);
        return;
    }
    auto next = rejections.begin();
    for (std::uint32_t row = 0; row < receipt.rows->rows(); ++row) {
        const bool rejected = next != rejections.end() && next->index == row;
        if (receipt.is_copy(row))
            out.begin_object().member("index", row).member("status", "duplicate").end_object();
        else
            write_record(out, receipt, row, rejected ? &*next : nullptr);
        if (rejected) ++next;
    }
}

/// A body as it came, for an answer that gives it back.
struct Posted {
    std::string bytes;
    std::string content_type;      ///< empty: none was named
    std::string content_encoding;  ///< the same
};

Posted copy_of(const HttpRequest& request) {
    return {std::string(request.body.view()), std::string(request.headers.find("Content-Type").value_or("")),
            std::string(request.headers.find("Content-Encoding").value_or(""))};
}

std::string_view status_of_one(const IngestReceipt& receipt) {
    if (receipt.duplicates > 0) return "duplicate";
    return receipt.quarantined > 0 ? "quarantined" : "accepted";
}

HttpResponse echo_response(const IngestReceipt& receipt, Posted posted) {
    HttpResponse response;
    response.body = std::move(posted.bytes);
    if (!posted.content_type.empty()) response.content_type = std::move(posted.content_type);
    if (!posted.content_encoding.empty())
        response.headers.emplace_back("Content-Encoding", std::move(posted.content_encoding));
    response.headers.emplace_back("Tillstream-Status", status_of_one(receipt));
    response.headers.emplace_back("Tillstream-Position", encode_position(receipt.position));
    return response;
}

/// Answers a request. Called on the log's commit thread, so it only hands the outcome on: the text is made,
/// and the rows are let go, on the io thread. std::function wants copies, so what is there once is shared.
class Answer {
public:
    /// `posted` is set for an echo. A retry under the key of one, by a route that gives nothing back, gets
    /// the receipt.
    Answer(Responder responder, std::string request_id, AnswerForm form, std::optional<Posted> posted)
        : state_(std::make_shared<State>(
              State{std::move(responder), std::move(request_id), form, std::move(posted), {}})) {}

    void operator()(IngestOutcome outcome) const {
        state_->outcome = std::move(outcome);
        // Out of the state first: the closure that is queued holds the state.
        Responder responder = std::move(state_->responder);
        responder.send_later([state = state_] { return state->render(); });
    }

private:
    struct State {
        Responder responder;
        std::string request_id;
        AnswerForm form;
        std::optional<Posted> posted;
        IngestOutcome outcome;

        HttpResponse render() {
            IngestOutcome taken = std::move(outcome);
            if (const auto* refusal = std::get_if<IngestRefusal>(&taken)) {
                return refusal_response(*refusal, request_id);
            }
            IngestReceipt& receipt = std::get<IngestReceipt>(taken);
            if (!receipt.replayed) receipt.form = static_cast<std::uint32_t>(form);
            HttpResponse response;
            if (posted && has_form(receipt, AnswerForm::echo))
                response = echo_response(receipt, std::move(*posted));
            else
                response.body = receipt_json(receipt);
            if (receipt.replayed) response.headers.emplace_back("Idempotent-Replayed", "true");
            return response;
        }
    };
    std::shared_ptr<State> state_;
};

/// Refuses what is not one record, then asks `charge`.
Charge one_record(std::string_view stream, Charge charge) {
    return [stream, charge = std::move(charge)](std::uint64_t records,
                                                std::uint64_t bytes) -> std::optional<IngestRefusal> {
        if (records == 1) return charge ? charge(records, bytes) : std::nullopt;
        IngestRefusal refusal;
        refusal.kind = IngestRefusal::Kind::not_one;
        refusal.found = std::to_string(records) + " records";
        refusal.detail = "this path takes one record a request, not " + std::to_string(records) +
                         "; send them to /v1/streams/" + percent_encode(stream) + "/records";
        return refusal;
    };
}

void post_records(const HttpServices& services, HttpRequest&& request, Responder responder) {
    const std::string_view stream = *request.params.find("stream");
    if (!services.ingest.knows(stream)) {
        const Error unknown{Errc::not_found, "no stream named " + std::string(stream)};
        return responder.send(error_response(unknown, request.request_id));
    }
    auto form = receipt_form(request);
    if (auto* refused = std::get_if<HttpResponse>(&form)) return responder.send(std::move(*refused));
    take_records(services, stream, std::get<AnswerForm>(form), "POST /v1/streams/{stream}/records",
                 std::move(request), std::move(responder));
}

}  // namespace

std::string receipt_json(const IngestReceipt& receipt) {
    std::string text;
    json::Writer out(text);
    out.begin_object().member("received", receipt.rows->rows()).member("accepted", receipt.accepted);
    out.member("quarantined", receipt.quarantined).member("duplicates", receipt.duplicates);
    out.member("position", encode_position(receipt.position)).key("records").begin_array();
    write_records(out, receipt);
    out.end_array().end_object();
    return text;
}

std::variant<AnswerForm, HttpResponse> receipt_form(const RequestHead& request) {
    const std::string_view detail = request.query.find("detail").value_or("failures");
    if (detail == "failures") return AnswerForm::failures;
    if (detail == "all") return AnswerForm::all;
    return bad_detail_response(detail, request.request_id);
}

void take_records(const HttpServices& services, std::string_view stream, AnswerForm form,
                  std::string_view action, HttpRequest&& request, Responder responder) {
    const auto kind = body_kind(request);
    if (const auto* unsupported = std::get_if<UnsupportedBody>(&kind)) {
        return responder.send(unsupported_response(*unsupported, request.request_id));
    }
    const BodyKind& known = std::get<BodyKind>(kind);
    IngestBody body{known.format, known.charset, known.encoding, {}};
    if (const auto key = request.headers.find("Idempotency-Key"))
        body.key =
            IngestKey{std::string(request.principal), std::string(*key), static_cast<std::uint32_t>(form)};
    std::optional<Posted> posted;
    if (form == AnswerForm::echo) posted = copy_of(request);
    Answer answer(std::move(responder), std::string(request.request_id), form, std::move(posted));
    body.bytes = std::move(request.body);
    Charge charge = quota_of(services.access, request, action);
    if (form == AnswerForm::echo) charge = one_record(stream, std::move(charge));
    services.ingest.submit(stream, std::move(body), answer, charge);
}

Status add_ingest_routes(Router& router, const HttpServices& services) {
    RouteOptions options;
    options.name = "appendRecords";
    options.body_bytes_max = services.ingest.limits().body_bytes;
    return router.add(
        Method::post, "/v1/streams/{stream}/records",
        [services](HttpRequest&& request, Responder responder) {
            post_records(services, std::move(request), std::move(responder));
        },
        std::move(options));
}

}  // namespace tillstream::http_door
