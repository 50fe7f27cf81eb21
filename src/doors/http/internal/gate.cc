#include "doors/http/internal/gate.h"

#include <fmt/format.h>

#include <vector>

#include "net/problem.h"

namespace tillstream::http_door {

namespace {

constexpr std::string_view kScheme = "bearer ";

/// What one header carries, if it carries a token at all.
Result<std::optional<std::string_view>> token_in(const HeaderViews::Entry& header) {
    if (equal_ignoring_case(header.name, "x-api-key")) return std::optional(header.value);
    if (!equal_ignoring_case(header.name, "authorization")) return std::optional<std::string_view>{};
    if (equal_ignoring_case(header.value.substr(0, kScheme.size()), kScheme)) {
        std::string_view token = header.value.substr(kScheme.size());
        while (token.starts_with(' ')) token.remove_prefix(1);
        return std::optional(token);
    }
    return failure(Errc::unauthenticated, "the Authorization header is not of the form 'Bearer TOKEN'");
}

/// The token of a request, whichever headers carry it.
Result<std::string_view> token_of(const RequestHead& head) {
    std::optional<std::string_view> token;
    for (const HeaderViews::Entry& header : head.headers) {
        const auto carried = TILLSTREAM_TRY(token_in(header));
        if (!carried) continue;
        if (token && *token != *carried)
            return failure(Errc::unauthenticated, "the request carries two different tokens; send one");
        token = carried;
    }
    if (token) return *token;
    return failure(Errc::unauthenticated,
                   "a token is needed: send it as 'Authorization: Bearer TOKEN' or 'x-api-key: TOKEN'");
}

int status_of_refusal(Errc code) {
    if (code == Errc::unauthenticated) return 401;
    return code == Errc::permission_denied ? 403 : 429;
}

HttpResponse refusal_response(const Error& refusal, int retry_after_seconds, std::string_view request_id) {
    const Problem problem{.status = status_of_refusal(refusal.code),
                          .detail = refusal.message,
                          .retry_after_seconds = retry_after_seconds};
    HttpResponse response = problem_response(problem, request_id);
    if (problem.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

/// Host of an Origin; empty for "null", which sandboxed pages send.
std::string_view host_of(std::string_view origin) {
    const std::size_t scheme = origin.find("://");
    if (scheme == std::string_view::npos) return {};
    const std::string_view authority = origin.substr(scheme + 3);
    if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
    return authority.substr(0, authority.find(':'));
}

/// Without tokens everybody on the machine may everything, but no page of the web that somebody's browser
/// shows: browsers name it in every request that changes something.
std::optional<HttpResponse> refuse_foreign_page(const RequestHead& head) {
    const auto origin = head.headers.find("Origin");
    if (!origin || head.method == Method::get || head.method == Method::head) return std::nullopt;
    const std::string_view host = host_of(*origin);
    const bool address = host.find_first_not_of("0123456789.:") == std::string_view::npos;
    if ((address && is_loopback(host)) || equal_ignoring_case(host, "localhost")) return std::nullopt;
    return problem_response({.status = 403,
                             .detail = fmt::format("a page of {} may change nothing here while no token is "
                                                   "defined; make one with `tillstream token create`",
                                                   *origin)},
                            head.request_id);
}

struct GuardedRoute {
    Scope scope = Scope::admin;
    std::string stream;  ///< of Scope::ingest; empty: the one that the path names
    std::string action;  ///< as the audit log names it
};

class RouteGate {
public:
    RouteGate(Access& access, std::vector<GuardedRoute> routes)
        : access_(access), routes_(std::move(routes)) {}

    Passage operator()(const RequestHead& head, std::optional<std::size_t> route) const {
        const GuardedRoute* guarded = route ? &routes_[*route] : nullptr;
        if (guarded && guarded->scope == Scope::open) return {};
        if (!access_.closed()) return {refuse_foreign_page(head), {}};
        Need need;
        if (guarded) need = {guarded->scope, stream_of(*guarded, head)};
        const auto token = token_of(head);
        AccessDecision decision =
            token ? access_.admit(*token, need) : access_.turn_away(std::move(token).error());
        if (!decision.refusal) return {std::nullopt, std::move(decision.token_id)};
        const Error& refusal = *decision.refusal;
        access_.note_refusal(
            {.token = decision.token_id,
             .peer = head.peer,
             .request_id = head.request_id,
             .action = guarded ? std::string_view(guarded->action) : "an unknown path or method",
             .target = {},
             .status = status_of_refusal(refusal.code)});
        return {refusal_response(refusal, decision.retry_after_seconds, head.request_id),
                std::move(decision.token_id)};
    }

private:
    static std::string_view stream_of(const GuardedRoute& route, const RequestHead& head) {
        return route.stream.empty() ? head.params.find("stream").value_or("") : route.stream;
    }

    Access& access_;
    std::vector<GuardedRoute> routes_;
};

}  // namespace

Status set_gate(Router& router, Access& access, const Operations& operations) {
    std::vector<GuardedRoute> guarded;
    for (const Route& route : router.routes()) {
        const std::string action = fmt::format("{} {}", to_string(route.method), route.pattern);
        const Operation* operation = operations.find(route.options.name);
        if (operation == nullptr)
            return failure(Errc::internal, "route " + action + " declares no scope in operations.cc");
        guarded.push_back({operation->scope, std::string(operation->stream), action});
    }
    router.set_gate(RouteGate(access, std::move(guarded)));
    return {};
}

Charge quota_of(Access& access, const RequestHead& request, std::string_view action) {
    if (request.principal.empty()) return {};
    return [&access, &request, action](std::uint64_t records,
                                       std::uint64_t bytes) -> std::optional<IngestRefusal> {
        const auto seconds = access.charge(request.principal, records, bytes);
        if (!seconds) return std::nullopt;
        access.note_refusal({.token = request.principal,
                             .peer = request.peer,
                             .request_id = request.request_id,
                             .action = action,
                             .target = {},
                             .status = 429});
        IngestRefusal refusal;
        refusal.kind = IngestRefusal::Kind::over_quota;
        refusal.detail =
            fmt::format("{} records and {} bytes are over the quota of token {}; try again in {} s", records,
                        bytes, request.principal, *seconds);
        refusal.retry_after_seconds = *seconds;
        return refusal;
    };
}

bool is_loopback(std::string_view peer) {
    constexpr std::string_view kMapped = "::ffff:";
    if (peer.starts_with(kMapped)) peer.remove_prefix(kMapped.size());
    return peer == "::1" || peer.starts_with("127.");
}

}  // namespace tillstream::http_door
