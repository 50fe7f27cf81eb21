#include "doors/http/internal/worker_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <memory>

#include "doors/http/internal/error_status.h"

namespace tillstream::http_door {

namespace {

using Deadline = std::chrono::steady_clock::time_point;

/// For a store that is still being opened, and for a position.
constexpr std::chrono::milliseconds kReadWait{2000};

std::chrono::milliseconds left_until(Deadline deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::milliseconds{0});
}

/// A position of another log, or one made up, would be waited for in vain.
bool lies_in(const EventLog& log, const Position& position) {
    const Position end = log.durable_end();
    return std::all_of(position.begin(), position.end(), [&](const SourceOffset& wanted) {
        return std::any_of(end.begin(), end.end(), [&](const SourceOffset& known) {
            return known.source == wanted.source && wanted.next <= known.next;
        });
    });
}

/// Stores are opened while the door is open already.
std::optional<HttpResponse> wait_for_stores(const HttpServices& services,
                                            const std::vector<std::string>& sinks, const HttpRequest& request,
                                            Deadline deadline) {
    for (const std::string& sink : sinks) {
        if (services.wait_for_store(sink, left_until(deadline))) continue;
        return error_response({Errc::unavailable, services.not_ready()}, request.request_id);
    }
    return std::nullopt;
}

std::optional<HttpResponse> wait_for_after(const HttpServices& services,
                                           const std::vector<std::string>& sinks, const HttpRequest& request,
                                           Deadline deadline) {
    const auto token = request.query.find("after");
    if (!token) return std::nullopt;
    const auto position = decode_position(*token);
    if (!position) return error_response(position.error(), request.request_id);
    if (!lies_in(services.log, *position)) {
        return error_response(
            {Errc::invalid_argument, "position " + std::string(*token) + " is not of this log"},
            request.request_id);
    }
    for (const std::string& sink : sinks) {
        const Progress* progress = services.delivery.progress(sink);
        if (progress && progress->wait_for(*position, left_until(deadline))) continue;
        return error_response(
            {Errc::unavailable, "store " + sink + " has not reached the position yet; retry"},
            request.request_id);
    }
    return std::nullopt;
}

/// What a library throws (memory refused, in the first place) is this request's failure, not the process's.
HttpResponse answer_of(const BlockingHandler& handler, const HttpRequest& request) {
    try {
        return handler(request);
    } catch (const std::exception& thrown) {
        return error_response({Errc::internal, fmt::format("the request failed: {}", thrown.what())},
                              request.request_id);
    }
}

}  // namespace

Handler on_pool(WorkerPool& pool, BlockingHandler handler) {
    auto shared = std::make_shared<BlockingHandler>(std::move(handler));
    return [&pool, shared](HttpRequest&& request, Responder responder) {
        struct Work {
            HttpRequest request;
            Responder responder;
        };
        auto work = std::make_shared<Work>(Work{std::move(request), std::move(responder)});
        if (pool.submit([shared, work] { work->responder.send(answer_of(*shared, work->request)); })) return;
        const Error busy{Errc::unavailable, "too many requests wait for a worker; retry"};
        work->responder.send(error_response(busy, work->request.request_id));
    };
}

namespace {

BlockingHandler waiting_for(const HttpServices& services, std::vector<std::string> sinks,
                            BlockingHandler handler) {
    return [services, sinks = std::move(sinks), handler = std::move(handler)](const HttpRequest& request) {
        const Deadline deadline = std::chrono::steady_clock::now() + kReadWait;
        if (auto refused = wait_for_stores(services, sinks, request, deadline)) return std::move(*refused);
        if (auto refused = wait_for_after(services, sinks, request, deadline)) return std::move(*refused);
        return handler(request);
    };
}

}  // namespace

Handler after_sinks(const HttpServices& services, std::vector<std::string> sinks, BlockingHandler handler) {
    return on_pool(services.workers, waiting_for(services, std::move(sinks), std::move(handler)));
}

Handler at_once_or_after_sinks(const HttpServices& services, std::vector<std::string> sinks,
                               std::function<bool(const HttpRequest&)> is_short, BlockingHandler handler) {
    return
        [is_short = std::move(is_short), handler, pooled = after_sinks(services, std::move(sinks), handler)](
            HttpRequest&& request, Responder responder) {
            if (request.query.find("after") || !is_short(request))
                return pooled(std::move(request), std::move(responder));
            responder.send(handler(request));
        };
}

Handler after_log(const HttpServices& services, WorkerPool& pool, BlockingHandler handler) {
    return on_pool(pool, waiting_for(services, {}, std::move(handler)));
}

}  // namespace tillstream::http_door
