#include "doors/http/internal/sink_routes.h"

#include "doors/http/internal/audited.h"
#include "doors/http/internal/error_status.h"
#include "doors/http/internal/parameters.h"
#include "doors/http/internal/worker_routes.h"
#include "json/writer.h"

namespace tillstream::http_door {

namespace {

Handler sink_switch(const HttpServices& services, const char* action,
                    Status (Delivery::*change)(std::string_view), const char* state) {
    const BlockingHandler handler = [&delivery = services.delivery, change,
                                     state](const HttpRequest& request) {
        const std::string_view sink = *request.params.find("sink");
        if (const Status changed = (delivery.*change)(sink); !changed) {
            return error_response(changed.error(), request.request_id);
        }
        HttpResponse response;
        json::Writer out(response.body);
        out.begin_object().member("name", sink).member("state", state).end_object();
        return response;
    };
    return on_pool(services.control, audited(services.access, action, "sink", handler));
}

std::string replay_json(std::string_view sink, const ReplayStatus& status) {
    std::string text;
    json::Writer out(text);
    out.begin_object().member("name", sink).member("state", to_string(status.state));
    out.member("whole", status.whole).member("passed", status.passed).member("total", status.total);
    out.member("stored", status.stored).key("error");
    if (status.error.empty())
        out.null();
    else
        out.string(status.error);
    out.end_object();
    return text;
}

Result<std::string> replay_status(Delivery& delivery, const HttpRequest& request) {
    const std::string_view sink = *request.params.find("sink");
    return replay_json(sink, TILLSTREAM_TRY(delivery.replay_status(sink)));
}

Result<std::string> start_replay(Delivery& delivery, const HttpRequest& request) {
    const ReplayRange range{TILLSTREAM_TRY(time_parameter(request, "from")),
                            TILLSTREAM_TRY(time_parameter(request, "to"))};
    if (range.from && range.to && *range.from >= *range.to)
        return failure(Errc::invalid_argument, "query parameter from must lie before to");
    TILLSTREAM_CHECK(delivery.replay(*request.params.find("sink"), range));
    return replay_status(delivery, request);
}

BlockingHandler replay_answer(const HttpServices& services,
                              Result<std::string> (*call)(Delivery&, const HttpRequest&)) {
    return [&delivery = services.delivery, call](const HttpRequest& request) {
        return json_response(call(delivery, request), request.request_id);
    };
}

}  // namespace

Status add_sink_routes(Router& router, const HttpServices& services) {
    TILLSTREAM_CHECK(router.add(Method::post, "/v1/sinks/{sink}/pause",
                                sink_switch(services, "sink.pause", &Delivery::pause, "paused"),
                                {.name = "pauseSink"}));
    TILLSTREAM_CHECK(router.add(Method::post, "/v1/sinks/{sink}/resume",
                                sink_switch(services, "sink.resume", &Delivery::resume, "running"),
                                {.name = "resumeSink"}));
    TILLSTREAM_CHECK(router.add(Method::post, "/v1/sinks/{sink}/replay",
                                on_pool(services.control, audited(services.access, "sink.replay", "sink",
                                                                  replay_answer(services, &start_replay))),
                                {.name = "replaySink"}));
    return router.add(Method::get, "/v1/sinks/{sink}/replay",
                      on_pool(services.control, replay_answer(services, &replay_status)),
                      {.name = "replayStatus"});
}

}  // namespace tillstream::http_door
