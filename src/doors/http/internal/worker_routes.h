// worker_routes.h - runs a handler on the worker pool, and keeps `?after=` for all reads in one place.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "doors/http/http_door.h"

namespace tillstream::http_door {

using BlockingHandler = std::function<HttpResponse(const HttpRequest&)>;

/// The handler runs on `pool`; a full queue answers 503.
Handler on_pool(WorkerPool& pool, BlockingHandler handler);

/// On services.workers, for a read of the store that `sinks` write: with `?after=<position>` it first waits
/// until all of them have reached the position, at most 2 s, then 503 (FACES "Ingest").
Handler after_sinks(const HttpServices& services, std::vector<std::string> sinks, BlockingHandler handler);

/// The same on `pool`, for a read of the log itself: what was acknowledged is there already, so `?after=` is
/// only checked.
Handler after_log(const HttpServices& services, WorkerPool& pool, BlockingHandler handler);

}  // namespace tillstream::http_door
