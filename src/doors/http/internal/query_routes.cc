#include "doors/http/internal/query_routes.h"

#include <charconv>

#include "doors/http/internal/error_status.h"
#include "doors/http/internal/worker_routes.h"
#include "json/value.h"
#include "json/writer.h"

namespace tillstream::http_door {

namespace {

/// A SQL text is small; more than this is a mistake.
constexpr std::size_t kQueryBodyMax = 1 << 20;

HttpResponse bad_member(const std::string& pointer, const char* expected, const std::string& found,
                        std::string_view request_id) {
    Problem problem{.status = 400, .detail = "member " + pointer.substr(1) + " must be " + expected};
    problem.errors = errors_json({pointer, "type", expected, found});
    return problem_response(problem, request_id);
}

/// Of digits with or without a minus; nothing if they do not fit.
std::optional<Int128> wide_integer(std::string_view token) {
    constexpr UInt128 kMost = ~UInt128{0} >> 1;
    const bool negative = token.starts_with('-');
    if (negative) token.remove_prefix(1);
    UInt128 magnitude = 0;
    for (const char c : token) {
        const auto digit = static_cast<UInt128>(c - '0');
        if (magnitude > (kMost - digit) / 10) return std::nullopt;
        magnitude = magnitude * 10 + digit;
    }
    const auto value = static_cast<Int128>(magnitude);
    return negative ? -value : value;
}

/// A JSON number. Whole ones keep their digits: they become the narrowest integer that holds them, or their
/// text; others become doubles.
std::optional<Cell> number_cell(const std::string& token) {
    const char* end = token.data() + token.size();
    std::int64_t whole = 0;
    if (const auto read = std::from_chars(token.data(), end, whole);
        read.ec == std::errc{} && read.ptr == end) {
        return Cell{whole};
    }
    if (token.find_first_of(".eE") == std::string::npos) {
        const auto wide = wide_integer(token);
        return wide ? Cell{*wide} : Cell{std::string_view(token)};
    }
    double real = 0;
    if (const auto read = std::from_chars(token.data(), end, real);
        read.ec == std::errc{} && read.ptr == end) {
        return Cell{real};
    }
    return std::nullopt;
}

std::optional<Cell> cell_of(const json::Value& value) {
    switch (value.kind) {
        case json::Kind::null: return Cell{std::monostate{}};
        case json::Kind::boolean: return Cell{value.text == "true"};
        case json::Kind::number: return number_cell(value.text);
        case json::Kind::string: return Cell{std::string_view(value.text)};
        case json::Kind::object:
        case json::Kind::array: return std::nullopt;
    }
    return std::nullopt;
}

std::string entry_with_place(const QueryFailure& failure, const char* code) {
    std::string text;
    json::Writer out(text);
    out.begin_array().begin_object().member("index", 0).member("pointer", "/sql").member("code", code);
    out.member("expected", failure.refusal == QueryRefusal::bad_sql ? "one valid statement" : "");
    out.member("found", failure.message).member("line", failure.line).member("column", failure.column);
    out.end_object().end_array();
    return text;
}

HttpResponse refusal_response(const QueryFailure& failure, std::string_view request_id) {
    Problem problem{.detail = failure.message};
    problem.retry_after_seconds = static_cast<int>(std::max<std::int64_t>(failure.retry_after.count(), 1));
    const char* code = "";
    switch (failure.refusal) {
        case QueryRefusal::bad_sql:
            problem.status = 400;
            code = "syntax";
            break;
        case QueryRefusal::forbidden:
            problem.status = 403;
            code = "forbidden";
            break;
        case QueryRefusal::timeout:
            problem.status = 422;
            code = "timeout";
            break;
        case QueryRefusal::memory:
            problem.status = 422;
            code = "memory";
            break;
        case QueryRefusal::busy:
            problem.status = 503;
            code = "busy";
            break;
        case QueryRefusal::failed:
            problem.status = 500;
            code = "internal";
            break;
    }
    problem.errors = entry_with_place(failure, code);
    return problem_response(problem, request_id);
}

HttpResponse query(const HttpServices& services, const HttpRequest& request) {
    QueryService* queries = services.queries();
    if (!queries) return error_response({Errc::unavailable, services.not_ready()}, request.request_id);
    const auto body = json::parse(request.body.view());
    if (!body) {
        Problem problem{.status = 400, .detail = "the body is no JSON document: " + body.error().message};
        problem.errors =
            errors_json({"", "syntax", "{\"sql\", \"params\", \"limit\"}", body.error().message});
        return problem_response(problem, request.request_id);
    }
    const json::Value* sql = body->find("sql");
    if (!sql || !sql->as_string()) {
        return bad_member("/sql", "a text", sql ? sql->text : "nothing", request.request_id);
    }
    QueryRequest query;
    query.sql = *sql->as_string();
    if (const json::Value* params = body->find("params"); params && !params->is_null()) {
        if (params->kind != json::Kind::array)
            return bad_member("/params", "an array", params->text, request.request_id);
        for (std::size_t i = 0; i < params->items.size(); ++i) {
            auto cell = cell_of(params->items[i]);
            if (!cell) {
                return bad_member("/params/" + std::to_string(i), "a text, number, boolean or null",
                                  params->items[i].text, request.request_id);
            }
            query.params.push_back(*cell);
        }
    }
    if (const json::Value* limit = body->find("limit"); limit && !limit->is_null()) {
        const auto rows = limit->as_int64();
        if (!rows || *rows < 0)
            return bad_member("/limit", "a whole number from 0", limit->text, request.request_id);
        query.limit = static_cast<std::uint64_t>(*rows);
    }
    auto answer = queries->run(query);
    if (!answer) return refusal_response(answer.error(), request.request_id);
    HttpResponse response;
    response.body = std::move(answer->json);
    return response;
}

}  // namespace

Status add_query_routes(Router& router, const HttpServices& services) {
    RouteOptions options;
    options.name = "query";
    options.body_bytes_max = kQueryBodyMax;
    return router.add(
        Method::post, "/v1/query",
        after_sinks(services, {"warehouse", "quarantine"},
                    [services](const HttpRequest& request) { return query(services, request); }),
        std::move(options));
}

}  // namespace tillstream::http_door
