#include "doors/http/internal/token_routes.h"

#include <fmt/format.h>

#include "doors/http/internal/audited.h"
#include "doors/http/internal/error_status.h"
#include "doors/http/internal/gate.h"
#include "json/value.h"
#include "json/writer.h"

namespace tillstream::http_door {

namespace {

constexpr std::size_t kSpecBytesMax = 64 << 10;
constexpr std::size_t kQuotedMax = 80;

void write_scopes(json::Writer& out, const Token& token) {
    out.key("scopes").begin_array();
    for (const std::string& scope : token.scopes.texts()) out.string(scope);
    out.end_array();
}

void write_quota(json::Writer& out, std::string_view name, std::uint64_t quota) {
    out.key(name);
    if (quota == 0)
        out.null();
    else
        out.number(quota);
}

void write_token(json::Writer& out, const Token& token) {
    out.begin_object().member("id", token.id).member("name", token.name);
    write_scopes(out, token);
    write_quota(out, "records_per_second", token.quota.records_per_second);
    write_quota(out, "bytes_per_second", token.quota.bytes_per_second);
    out.member("created", format_timestamp(token.created)).key("revoked");
    if (token.revoked)
        out.string(format_timestamp(*token.revoked));
    else
        out.null();
    out.end_object();
}

tl::unexpected<Error> bad_member(std::string_view name, std::string_view expected) {
    return failure(Errc::invalid_argument, fmt::format("member {} of the body must be {}", name, expected));
}

Result<ScopeSet> scopes_member(const json::Value& value) {
    constexpr std::string_view kExpected = "a list of scopes, like [\"ingest:sales\"]";
    if (value.kind != json::Kind::array) return bad_member("scopes", kExpected);
    std::vector<std::string> texts;
    for (const json::Value& item : value.items) {
        if (!item.as_string()) return bad_member("scopes", kExpected);
        texts.emplace_back(*item.as_string());
    }
    return ScopeSet::parse(texts);
}

Result<std::uint64_t> quota_member(const json::Value& value, std::string_view name) {
    if (value.is_null()) return 0;
    const auto number = value.as_int64();
    if (number && *number >= 1 && static_cast<std::uint64_t>(*number) <= Quota::kMax)
        return static_cast<std::uint64_t>(*number);
    return bad_member(name, fmt::format("a whole number from 1 to {}, or null", Quota::kMax));
}

Status read_member(const json::Member& member, TokenSpec& spec) {
    if (member.name == "scopes") {
        spec.scopes = TILLSTREAM_TRY(scopes_member(member.value));
    } else if (member.name == "name") {
        if (!member.value.as_string()) return bad_member("name", "text");
        spec.name = *member.value.as_string();
    } else if (member.name == "records_per_second") {
        spec.quota.records_per_second = TILLSTREAM_TRY(quota_member(member.value, member.name));
    } else if (member.name == "bytes_per_second") {
        spec.quota.bytes_per_second = TILLSTREAM_TRY(quota_member(member.value, member.name));
    } else {
        return failure(Errc::invalid_argument,
                       fmt::format("member '{}' of the body is unknown; there are scopes, name, "
                                   "records_per_second and bytes_per_second",
                                   member.name.substr(0, kQuotedMax)));
    }
    return {};
}

Result<TokenSpec> read_spec(std::string_view body) {
    const json::Value document = TILLSTREAM_TRY(json::parse(body));
    if (document.kind != json::Kind::object)
        return failure(Errc::invalid_argument, "the body must be an object like {\"scopes\":[\"read\"]}");
    TokenSpec spec;
    for (const json::Member& member : document.members) TILLSTREAM_CHECK(read_member(member, spec));
    if (!document.find("scopes"))
        return bad_member("scopes", "there: a token without a scope may do nothing");
    return spec;
}

/// With no token there is nobody to ask, and whoever makes the first one owns the door.
Status check_first(Access& access, const RequestHead& request) {
    if (access.closed() || is_loopback(request.peer)) return {};
    return failure(Errc::permission_denied,
                   "no token is defined yet: the first one is made on the server's own machine");
}

Result<CreatedToken> make_token(Access& access, const HttpRequest& request) {
    TILLSTREAM_CHECK(check_first(access, request));
    TokenSpec spec = TILLSTREAM_TRY(read_spec(request.body.view()));
    return access.create(std::move(spec));
}

HttpResponse create(Access& access, const HttpRequest& request) {
    const auto created = make_token(access, request);
    HttpResponse response;
    if (created) {
        json::Writer out(response.body);
        out.begin_object().member("id", created->token.id).member("token", created->text);
        write_scopes(out, created->token);
        out.end_object();
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
    std::string text;
    json::Writer out(text);
    out.begin_object().key("tokens").begin_array();
    for (const Token& token : access.tokens()) write_token(out, token);
    out.end_array().key("next").null().end_object();
    return text;
}

Result<std::string> revoke(Access& access, const HttpRequest& request) {
    TILLSTREAM_CHECK(check_first(access, request));
    const Token token = TILLSTREAM_TRY(access.revoke(*request.params.find("id")));
    std::string text;
    json::Writer out(text);
    write_token(out, token);
    return text;
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
