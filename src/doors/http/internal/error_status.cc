#include "doors/http/internal/error_status.h"

#include "json/writer.h"

namespace tillstream::http_door {

int status_of(Errc code) {
    switch (code) {
        case Errc::invalid_argument: return 400;
        case Errc::not_found: return 404;
        case Errc::already_exists: return 409;
        case Errc::conflict: return 409;
        case Errc::unauthenticated: return 401;
        case Errc::permission_denied: return 403;
        case Errc::resource_exhausted: return 503;
        case Errc::unavailable: return 503;
        case Errc::timeout: return 503;
        case Errc::cancelled: return 503;
        case Errc::io: return 503;
        case Errc::corruption: return 503;
        case Errc::outcome_unknown: return 503;
        case Errc::unsupported: return 501;
        case Errc::internal: return 500;
    }
    return 500;
}

HttpResponse error_response(const Error& error, std::string_view request_id) {
    return problem_response({.status = status_of(error.code), .detail = error.message}, request_id);
}

HttpResponse json_response(Result<std::string> body, std::string_view request_id) {
    if (!body) return error_response(body.error(), request_id);
    HttpResponse response;
    response.body = std::move(*body);
    return response;
}

std::string errors_json(const ErrorEntry& entry) {
    std::string text;
    json::Writer out(text);
    out.begin_array().begin_object().member("index", 0).member("pointer", entry.pointer);
    out.member("code", entry.code).member("expected", entry.expected).member("found", entry.found);
    out.end_object().end_array();
    return text;
}

}  // namespace tillstream::http_door
