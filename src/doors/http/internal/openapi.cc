#include "doors/http/internal/openapi.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <vector>

#include "json/writer.h"

namespace tillstream::http_door {

namespace {

constexpr std::string_view kRoute = "openapi";

constexpr std::string_view kProblemSchema =
    R"({"type":"object","required":["type","title","status","detail","request_id","errors"],)"
    R"("properties":{"type":{"type":"string"},"title":{"type":"string"},)"
    R"("status":{"type":"integer"},"detail":{"type":"string"},"request_id":{"type":"string"},)"
    R"("errors":{"type":"array","items":{"type":"object","properties":{"index":{"type":"integer"},)"
    R"("pointer":{"type":"string"},"code":{"type":"string"},"expected":{"type":"string"},)"
    R"("found":{"type":"string"}}}}}})";

/// Names within braces of a pattern; a trailing '*' is ours, not OpenAPI's.
std::vector<std::string_view> path_parameters(std::string_view pattern) {
    std::vector<std::string_view> names;
    for (std::size_t open = pattern.find('{'); open != std::string_view::npos;
         open = pattern.find('{', open + 1)) {
        std::string_view name = pattern.substr(open + 1, pattern.find('}', open) - open - 1);
        if (name.ends_with('*')) name.remove_suffix(1);
        names.push_back(name);
    }
    return names;
}

std::string openapi_path(std::string_view pattern) {
    std::string path(pattern);
    std::erase(path, '*');
    return path;
}

std::string lower(std::string_view method) {
    std::string text(method);
    for (char& c : text) c = static_cast<char>(c | 0x20);
    return text;
}

void write_parameter_list(json::Writer& out, std::span<const Parameter> parameters, std::string_view place) {
    for (const Parameter& parameter : parameters) {
        out.begin_object().member("name", parameter.name).member("in", place);
        if (parameter.required) out.member("required", true);
        out.member("description", parameter.description).key("schema").raw(parameter.schema).end_object();
    }
}

void write_parameters(json::Writer& out, const Route& route, const Operation& operation) {
    const auto names = path_parameters(route.pattern);
    if (names.empty() && operation.query.empty() && operation.headers.empty()) return;
    out.key("parameters").begin_array();
    for (const std::string_view name : names) {
        out.begin_object().member("name", name).member("in", "path").member("required", true);
        out.key("schema").raw(R"({"type":"string"})").end_object();
    }
    write_parameter_list(out, operation.query, "query");
    write_parameter_list(out, operation.headers, "header");
    out.end_array();
}

void write_body(json::Writer& out, const Operation& operation) {
    if (operation.body_types.empty()) return;
    out.key("requestBody").begin_object().member("required", true).key("content").begin_object();
    for (const std::string_view type : operation.body_types) {
        out.key(type).begin_object();
        if (type == "application/json") out.key("schema").raw(operation.body_schema);
        out.end_object();
    }
    out.end_object().end_object();
}

/// OpenAPI lets a scheme name the roles it needs: ours are scopes.
void write_security(json::Writer& out, const Operation& operation) {
    out.key("security").begin_array();
    if (operation.scope != Scope::open) {
        std::string scope(to_string(operation.scope));
        if (operation.scope == Scope::ingest)
            scope += ':' + std::string(operation.stream.empty() ? "{stream}" : operation.stream);
        for (const char* scheme : {"bearer", "apiKey"})
            out.begin_object().key(scheme).begin_array().string(scope).end_array().end_object();
    }
    out.end_array();
}

void write_answer_headers(json::Writer& out, const Operation& operation) {
    if (operation.answer_headers.empty()) return;
    out.key("headers").begin_object();
    for (const Parameter& header : operation.answer_headers) {
        out.key(header.name).begin_object().member("description", header.description);
        out.key("schema").raw(header.schema).end_object();
    }
    out.end_object();
}

void write_operation(json::Writer& out, const Route& route, const Operation& operation) {
    out.key(lower(to_string(route.method))).begin_object().member("operationId", operation.id);
    out.member("summary", operation.summary).key("tags").begin_array().string(operation.tag).end_array();
    write_security(out, operation);
    write_parameters(out, route, operation);
    write_body(out, operation);
    out.key("responses").begin_object().key("200").begin_object().member("description", "done");
    write_answer_headers(out, operation);
    out.key("content").begin_object().key(operation.answer_type).begin_object().key("schema");
    out.raw(operation.answer_schema).end_object().end_object().end_object();
    out.key("default").raw(R"({"$ref":"#/components/responses/Problem"})").end_object().end_object();
}

void write_frame_end(json::Writer& out) {
    out.key("components").begin_object().key("responses").begin_object().key("Problem").begin_object();
    out.member("description", "what was wrong: RFC 9457").key("content").begin_object();
    out.key("application/problem+json").begin_object().key("schema").raw(kProblemSchema).end_object();
    out.end_object().end_object().end_object();
    out.key("securitySchemes").begin_object();
    out.key("bearer").raw(R"({"type":"http","scheme":"bearer","description":")"
                          R"(not asked for until a first token is made; names the scope that is needed"})");
    out.key("apiKey").raw(R"({"type":"apiKey","in":"header","name":"x-api-key"})").end_object().end_object();
    out.end_object();
}

}  // namespace

Result<std::string> openapi_json(std::span<const Route> routes, const Operations& operations) {
    std::map<std::string, std::vector<const Route*>> by_path;
    for (const Route& route : routes) by_path[openapi_path(route.pattern)].push_back(&route);
    std::size_t described = 0;
    std::string text;
    json::Writer out(text);
    out.begin_object().member("openapi", "3.1.0").key("info");
    out.raw(R"({"title":"Tillstream","version":"1","summary":"a shop's data platform"})");
    out.key("paths").begin_object();
    for (const auto& [path, methods] : by_path) {
        out.key(path).begin_object();
        for (const Route* route : methods) {
            const Operation* operation = operations.find(route->options.name);
            if (operation == nullptr)
                return failure(Errc::internal,
                               fmt::format("route {} {} (named '{}') is not described in operations.cc",
                                           to_string(route->method), route->pattern, route->options.name));
            write_operation(out, *route, *operation);
            ++described;
        }
        out.end_object();
    }
    out.end_object();
    write_frame_end(out);
    if (described == operations.count()) return text;
    return failure(Errc::internal, fmt::format("operations.cc describes {} operations, there are {} routes",
                                               operations.count(), described));
}

Status add_openapi_route(Router& router, const Operations& operations) {
    const auto document = std::make_shared<std::string>();
    TILLSTREAM_CHECK(router.add(Method::get, "/openapi.json",
                                [document](HttpRequest&&, Responder responder) {
                                    HttpResponse response;
                                    response.body = *document;
                                    responder.send(std::move(response));
                                },
                                {.name = std::string(kRoute)}));
    *document = TILLSTREAM_TRY(openapi_json(router.routes(), operations));
    return {};
}

}  // namespace tillstream::http_door
