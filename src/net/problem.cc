#include "net/problem.h"

#include "json/writer.h"

namespace tillstream {

namespace {

/// A detail may repeat what a client sent, which need not be UTF-8.
void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    json::append_escaped(out, text);
    out += '"';
}

}  // namespace

std::string_view problem_slug(int status) {
    switch (status) {
        case 400: return "bad-request";
        case 401: return "unauthenticated";
        case 403: return "forbidden";
        case 404: return "not-found";
        case 405: return "method-not-allowed";
        case 408: return "too-slow";
        case 409: return "conflict";
        case 413: return "body-too-large";
        case 415: return "unsupported-media-type";
        case 417: return "expectation-failed";
        case 422: return "unprocessable";
        case 429: return "too-many-requests";
        case 431: return "head-too-large";
        case 500: return "internal";
        case 501: return "not-implemented";
        case 503: return "overloaded";
        default: return "error";
    }
}

HttpResponse problem_response(const Problem& problem, std::string_view request_id) {
    HttpResponse response;
    response.status = problem.status;
    response.content_type = "application/problem+json";
    std::string& body = response.body;
    body += "{\"type\":";
    std::string type = "/problems/";
    type += problem.slug.empty() ? problem_slug(problem.status) : std::string_view(problem.slug);
    append_json_text(body, type);
    body += ",\"title\":";
    append_json_text(body,
                     problem.title.empty() ? reason_phrase(problem.status) : std::string_view(problem.title));
    body += ",\"status\":" + std::to_string(problem.status) + ",\"detail\":";
    append_json_text(body, problem.detail);
    body += ",\"request_id\":";
    append_json_text(body, request_id);
    body += ",\"errors\":" + problem.errors + "}";
    if (problem.status == 429 || problem.status == 503) {
        response.headers.emplace_back("Retry-After", std::to_string(problem.retry_after_seconds));
    }
    return response;
}

}  // namespace tillstream
