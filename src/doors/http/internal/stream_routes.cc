#include "doors/http/internal/stream_routes.h"

#include <cstdio>

#include "doors/http/internal/audited.h"
#include "doors/http/internal/error_status.h"
#include "doors/http/internal/worker_routes.h"
#include "json/writer.h"
#include "ports/position_lookup.h"

namespace tillstream::http_door {

namespace {

/// Longer than any backlog of a healthy disk takes.
constexpr std::chrono::seconds kSealWait{60};

std::string seconds_text(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", seconds);
    return text;
}

void write_sink(json::Writer& out, const SinkStatus& sink, const SourceInfo& shard, Offset next, Offset end) {
    const std::uint64_t lag = end.value > next.value ? end.value - next.value : 0;
    out.begin_object().member("name", sink.name).member("shard", shard.shard.value);
    out.member("position", encode_position({{shard.id, next}})).member("next", next.value);
    out.member("lag_records", lag).key("lag_seconds").raw(lag == 0 ? "0" : seconds_text(sink.lag_seconds));
    out.member("state", to_string(sink.state)).key("error");
    if (sink.error.empty())
        out.null();
    else
        out.string(sink.error);
    out.end_object();
}

HttpResponse stream_status(const HttpServices& services, const HttpRequest& request) {
    const std::string_view stream = *request.params.find("stream");
    if (!services.ingest.knows(stream)) {
        return error_response({Errc::not_found, "no stream named " + std::string(stream)},
                              request.request_id);
    }
    std::vector<SourceInfo> shards;
    for (const SourceInfo& source : services.log.sources()) {
        if (source.stream == stream) shards.push_back(source);
    }
    const Position earliest = services.log.earliest();
    const std::vector<SinkStatus> sinks = services.delivery.status();
    std::vector<std::vector<Offset>> next(sinks.size());
    for (std::size_t i = 0; i < sinks.size(); ++i) {
        const Progress* progress = services.delivery.progress(sinks[i].name);
        for (const SourceInfo& shard : shards)
            next[i].push_back(progress ? progress->next(shard.id) : Offset{0});
    }
    const Position end = services.log.durable_end();  // after the sinks': a lag is never negative
    HttpResponse response;
    json::Writer out(response.body);
    out.begin_object().key("shards").begin_array();
    for (const SourceInfo& shard : shards) {
        out.begin_object()
            .member("id", shard.shard.value)
            .member("first", next_in(earliest, shard.id).value_or(Offset{}).value);
        out.member("next", next_in(end, shard.id).value_or(Offset{}).value).end_object();
    }
    out.end_array().key("sinks").begin_array();
    for (std::size_t i = 0; i < sinks.size(); ++i) {
        for (std::size_t s = 0; s < shards.size(); ++s) {
            write_sink(out, sinks[i], shards[s], next[i][s], next_in(end, shards[s].id).value_or(Offset{}));
        }
    }
    out.end_array().end_object();
    return response;
}

HttpResponse seal(const HttpServices& services, const HttpRequest& request) {
    const std::string_view stream = *request.params.find("stream");
    if (!services.ingest.knows(stream)) {
        return error_response({Errc::not_found, "no stream named " + std::string(stream)},
                              request.request_id);
    }
    if (const Status sealed = services.seal(stream, kSealWait); !sealed)
        return error_response(sealed.error(), request.request_id);
    HttpResponse response;
    json::Writer out(response.body);
    out.begin_object().member("stream", stream).member("sealed", true).end_object();
    return response;
}

}  // namespace

Status add_stream_routes(Router& router, const HttpServices& services) {
    TILLSTREAM_CHECK(router.add(Method::post, "/v1/streams/{stream}/seal",
                                on_pool(services.workers, audited(services.access, "stream.seal", "stream",
                                                                  [services](const HttpRequest& request) {
                                                                      return seal(services, request);
                                                                  })),
                                {.name = "sealStream"}));
    return router.add(
        Method::get, "/v1/streams/{stream}",
        after_log(services, services.control,
                  [services](const HttpRequest& request) { return stream_status(services, request); }),
        {.name = "streamStatus"});
}

}  // namespace tillstream::http_door
