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

/// On services.workers, for a read of the store that `sinks` write: it first waits until the store is open
/// and, with `?after=<position>`, until all of them have reached the position, at most 2 s, then 503 (FACES
/// "Ingest").
Handler after_sinks(const HttpServices& services, std::vector<std::string> sinks, BlockingHandler handler);

/// The same for a read that is often too short to be worth a change of threads: one without `?after=` for
/// which `is_short` holds is answered on the io thread. Such a handler must never wait for anything but a
/// page of its store.
Handler at_once_or_after_sinks(const HttpServices& services, std::vector<std::string> sinks,
                               std::function<bool(const HttpRequest&)> is_short, BlockingHandler handler);

/// The same as after_sinks on `pool`, for a read of the log itself: what was acknowledged is there already,
/// so `?after=` is only checked.
Handler after_log(const HttpServices& services, WorkerPool& pool, BlockingHandler handler);

}  // namespace tillstream::http_door
