#include "doors/http/internal/token_routes.h"

#include "access/token_json.h"
#include "doors/http/internal/audited.h"
#include "doors/http/internal/error_status.h"
#include "doors/http/internal/gate.h"

namespace tillstream::http_door {

namespace {

constexpr std::size_t kSpecBytesMax = 64 << 10;

/// With no token there is nobody to ask, and whoever makes the first one owns the door. The gate may have let
/// a request pass just before that.
Status check_first(Access& access, const RequestHead& request) {
    if (access.closed() && request.principal.empty())
        return failure(Errc::unauthenticated, "a token is needed since just now: the first one was made");
    if (access.closed() || is_loopback(request.peer)) return {};
    return failure(Errc::permission_denied,
                   "no token is defined yet: the first one is made on the server's own machine");
}

Result<CreatedToken> make_token(Access& access, const HttpRequest& request) {
    TILLSTREAM_CHECK(check_first(access, request));
    TokenSpec spec = TILLSTREAM_TRY(read_token_spec(request.body.view()));
    return access.create(std::move(spec));
}

HttpResponse create(Access& access, const HttpRequest& request) {
    const auto created = make_token(access, request);
    HttpResponse response;
    if (created) {
        response.body = created_token_json(*created);
        response.headers.emplace_back("Cache-Control", "no-store");
    } else {
        response = error_response(created.error(), request.request_id);
    }
    write_audit(access, request, "token.create", created ? std::string_view(created->token.id) : "",
                response.status);
    return response;
}

Result<std::string> list(Access& access, const HttpRequest& request) {
    TILLSTREAM_CHECK(check_first(access, request));
    return tokens_json(access.tokens());
}

Result<std::string> revoke(Access& access, const HttpRequest& request) {
    TILLSTREAM_CHECK(check_first(access, request));
    return token_json(TILLSTREAM_TRY(access.revoke(*request.params.find("id"))));
}

BlockingHandler answering(Access& access, Result<std::string> (*call)(Access&, const HttpRequest&)) {
    return [&access, call](const HttpRequest& request) {
        return json_response(call(access, request), request.request_id);
    };
}

}  // namespace

Status add_token_routes(Router& router, const HttpServices& services) {
    Access& access = services.access;
    TILLSTREAM_CHECK(router.add(
        Method::post, "/v1/tokens",
        on_pool(services.control, [&access](const HttpRequest& request) { return create(access, request); }),
        {.name = "createToken", .body_bytes_max = kSpecBytesMax}));
    TILLSTREAM_CHECK(router.add(Method::get, "/v1/tokens",
                                on_pool(services.control, answering(access, &list)), {.name = "listTokens"}));
    return router.add(
        Method::del, "/v1/tokens/{id}",
        on_pool(services.control, audited(access, "token.revoke", "id", answering(access, &revoke))),
        {.name = "revokeToken"});
}

}  // namespace tillstream::http_door
