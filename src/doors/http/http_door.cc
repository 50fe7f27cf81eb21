#include "doors/http/http_door.h"

#include "doors/http/internal/ingest_routes.h"
#include "doors/http/internal/query_routes.h"
#include "doors/http/internal/stream_routes.h"
#include "doors/http/internal/system_routes.h"

namespace tillstream {

Status add_http_routes(Router& router, const HttpServices& services) {
    TILLSTREAM_CHECK(http_door::add_ingest_routes(router, services));
    TILLSTREAM_CHECK(http_door::add_query_routes(router, services));
    TILLSTREAM_CHECK(http_door::add_stream_routes(router, services));
    return http_door::add_system_routes(router, services);
}

}  // namespace tillstream
