#include "doors/http/internal/log_routes.h"

#include "doors/http/internal/audited.h"
#include "doors/http/internal/error_status.h"
#include "json/value.h"
#include "json/writer.h"

namespace tillstream::http_door {

namespace {

constexpr std::size_t kBodyBytesMax = 4 << 10;
constexpr std::size_t kShown = 60;

std::string levels_json(const Logger& log) {
    std::string text;
    json::Writer out(text);
    out.begin_object().key("levels").begin_array();
    for (const auto& [component, level] : log.levels())
        out.begin_object().member("component", component).member("level", to_string(level)).end_object();
    out.end_array().end_object();
    return text;
}

Result<LogLevel> level_in(const json::Value& body) {
    const json::Value* member = body.find("level");
    const auto name = member != nullptr ? member->as_string() : std::nullopt;
    const auto level = name ? log_level_named(*name) : std::nullopt;
    if (level) return *level;
    return failure(Errc::invalid_argument, "member level must be debug, info, warn or error");
}

Result<std::string> set_levels(const Logger& log, const HttpRequest& request) {
    const json::Value body = TILLSTREAM_TRY(json::parse(request.body.view()));
    const LogLevel level = TILLSTREAM_TRY(level_in(body));
    const json::Value* component = body.find("component");
    if (component == nullptr || component->is_null()) {
        log.set_levels(level);
        return levels_json(log);
    }
    const std::string_view name = component->as_string().value_or("");
    if (!component->as_string() || !log.set_level(name, level))
        return failure(Errc::not_found, "no component '" + std::string(name.substr(0, kShown)) +
                                            "' has written to this log; GET /v1/log-levels lists them");
    return levels_json(log);
}

}  // namespace

Status add_log_routes(Router& router, const HttpServices& services) {
    TILLSTREAM_CHECK(router.add(Method::get, "/v1/log-levels",
                                [log = services.log_lines](HttpRequest&& request, Responder responder) {
                                    responder.send(json_response(levels_json(log), request.request_id));
                                },
                                {.name = "logLevels"}));
    const BlockingHandler change = [log = services.log_lines](const HttpRequest& request) {
        return json_response(set_levels(log, request), request.request_id);
    };
    return router.add(Method::post, "/v1/log-levels",
                      on_pool(services.control, audited(services.access, "log.level", "", change)),
                      {.name = "setLogLevel", .body_bytes_max = kBodyBytesMax});
}

}  // namespace tillstream::http_door
