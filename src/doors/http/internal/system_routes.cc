#include "doors/http/internal/system_routes.h"

#include <algorithm>
#include <charconv>

#include "doors/http/internal/error_status.h"
#include "doors/http/internal/worker_routes.h"
#include "ports/position_lookup.h"

namespace tillstream::http_door {

namespace {

constexpr int kVerifyWaitMax = 600;

HttpResponse plain(int status, std::string text) {
    HttpResponse response;
    response.status = status;
    response.body = std::move(text);
    response.content_type = "text/plain; charset=utf-8";
    return response;
}

HttpResponse ready(const HttpServices& services, const RequestHead& head) {
    const std::string missing = services.not_ready();
    if (missing.empty()) return plain(200, "ok\n");
    return problem_response({.status = 503, .detail = missing}, head.request_id);
}

/// Of all streams; the sink's place is read before the log's end, so a lag is never negative.
double lag_records(const HttpServices& services, const std::string& sink) {
    const Progress* progress = services.delivery.progress(sink);
    std::vector<std::pair<SourceId, Offset>> reached;
    for (const SourceInfo& source : services.log.sources())
        reached.emplace_back(source.id, progress ? progress->next(source.id) : Offset{0});
    const Position end = services.log.durable_end();
    std::uint64_t records = 0;
    for (const auto& [source, next] : reached) {
        const std::uint64_t last = next_in(end, source).value_or(next).value;
        records += last - std::min(last, next.value);
    }
    return static_cast<double>(records);
}

HttpResponse metrics(const HttpServices& services) {
    services.refresh_metrics();
    for (const SinkStatus& sink : services.delivery.status()) {
        const MetricLabels labels{{"sink", sink.name}};
        services.metrics.gauge("tillstream_consumer_lag_records", "Records a sink has not stored.", labels)
            .set(lag_records(services, sink.name));
        services.metrics.gauge("tillstream_consumer_running", "1 while the sink runs, 0 else.", labels)
            .set(sink.state == SinkState::running ? 1 : 0);
        services.metrics
            .gauge("tillstream_consumer_lag_seconds", "Age of the oldest record a sink has not stored.",
                   labels)
            .set(sink.lag_seconds);
        services.metrics
            .gauge("tillstream_consumer_lag_bytes", "Stored bytes a sink has not come to.", labels)
            .set(static_cast<double>(sink.lag_bytes));
    }
    HttpResponse response = plain(200, services.metrics.expose());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
}

HttpResponse verify(const HttpServices& services, const HttpRequest& request) {
    int wait = 0;
    const std::string_view text = request.query.find("wait").value_or("0");
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), wait);
    if (failed != std::errc{} || end != text.data() + text.size() || wait < 0 || wait > kVerifyWaitMax) {
        const Error error{Errc::invalid_argument,
                          "query parameter wait is seconds from 0 to 600, not " + std::string(text)};
        return error_response(error, request.request_id);
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(wait);
    if (const Status ready = services.wait_until_ready(std::chrono::seconds(wait)); !ready) {
        return error_response(ready.error(), request.request_id);
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto result = services.reconciler.run(request.query.find("stream").value_or("sales"),
                                                std::max(left, std::chrono::milliseconds{0}));
    if (!result) return error_response(result.error(), request.request_id);
    HttpResponse response;
    response.body = to_json(*result);
    return response;
}

}  // namespace

Status add_system_routes(Router& router, const HttpServices& services) {
    const auto now = [](auto answer) {
        return [answer](HttpRequest&& request, Responder responder) { responder.send(answer(request)); };
    };
    TILLSTREAM_CHECK(router.add(
        Method::get, "/livez", now([](const RequestHead&) { return plain(200, "ok\n"); }), {.name = "live"}));
    TILLSTREAM_CHECK(router.add(Method::get, "/readyz",
                                now([services](const RequestHead& head) { return ready(services, head); }),
                                {.name = "ready"}));
    TILLSTREAM_CHECK(
        router.add(Method::get, "/metrics",
                   on_pool(services.control, [services](const HttpRequest&) { return metrics(services); }),
                   {.name = "metrics"}));
    return router.add(Method::get, "/v1/verify",
                      on_pool(services.workers,
                              [services](const HttpRequest& request) { return verify(services, request); }),
                      {.name = "verify"});
}

}  // namespace tillstream::http_door
