#include "doors/http/http_door.h"

#include "doors/http/internal/alias_routes.h"
#include "doors/http/internal/gate.h"
#include "doors/http/internal/ingest_routes.h"
#include "doors/http/internal/log_routes.h"
#include "doors/http/internal/openapi.h"
#include "doors/http/internal/purchase_routes.h"
#include "doors/http/internal/query_routes.h"
#include "doors/http/internal/record_routes.h"
#include "doors/http/internal/sink_routes.h"
#include "doors/http/internal/stream_routes.h"
#include "doors/http/internal/system_routes.h"
#include "doors/http/internal/token_routes.h"

namespace tillstream {

namespace {

/// Where aliases may not lie is a list: it must hold what there is.
Status check_own_paths(const Router& router) {
    for (const Route& route : router.routes())
        if (!is_door_path(route.pattern))
            return failure(Errc::internal,
                           "route " + route.pattern + " lies below no path that http_alias.cc keeps free");
    return {};
}

}  // namespace

Status add_http_routes(Router& router, const HttpServices& services, std::span<const HttpAlias> aliases) {
    const http_door::Operations operations(aliases);
    TILLSTREAM_CHECK(http_door::add_ingest_routes(router, services));
    TILLSTREAM_CHECK(http_door::add_query_routes(router, services));
    TILLSTREAM_CHECK(http_door::add_stream_routes(router, services));
    TILLSTREAM_CHECK(http_door::add_sink_routes(router, services));
    TILLSTREAM_CHECK(http_door::add_record_routes(router, services));
    TILLSTREAM_CHECK(http_door::add_purchase_routes(router, services));
    TILLSTREAM_CHECK(http_door::add_system_routes(router, services));
    TILLSTREAM_CHECK(http_door::add_log_routes(router, services));
    TILLSTREAM_CHECK(http_door::add_token_routes(router, services));
    TILLSTREAM_CHECK(check_own_paths(router));
    TILLSTREAM_CHECK(http_door::add_alias_routes(router, services, aliases));
    TILLSTREAM_CHECK(http_door::add_openapi_route(router, operations));
    return http_door::set_gate(router, services.access, operations);
}

}  // namespace tillstream
