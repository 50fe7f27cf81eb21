#include "access/token_json.h"

#include <fmt/format.h>

#include "json/value.h"
#include "json/writer.h"

namespace tillstream {

namespace {

constexpr std::size_t kQuotedMax = 80;

void write_scopes(json::Writer& out, const ScopeSet& scopes) {
    out.key("scopes").begin_array();
    for (const std::string& scope : scopes.texts()) out.string(scope);
    out.end_array();
}

void write_quota(json::Writer& out, std::string_view name, std::uint64_t quota) {
    out.key(name);
    if (quota == 0)
        out.null();
    else
        out.number(quota);
}

void write_quotas(json::Writer& out, const Quota& quota) {
    write_quota(out, "records_per_second", quota.records_per_second);
    write_quota(out, "bytes_per_second", quota.bytes_per_second);
}

void write_token(json::Writer& out, const AccessToken& token) {
    out.begin_object().member("id", token.id).member("name", token.name);
    write_scopes(out, token.scopes);
    write_quotas(out, token.quota);
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
    if (value.is_null()) return std::uint64_t{0};
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

}  // namespace

std::string token_json(const AccessToken& token) {
    std::string text;
    json::Writer out(text);
    write_token(out, token);
    return text;
}

std::string tokens_json(std::span<const AccessToken> tokens) {
    std::string text;
    json::Writer out(text);
    out.begin_object().key("tokens").begin_array();
    for (const AccessToken& token : tokens) write_token(out, token);
    out.end_array().key("next").null().end_object();
    return text;
}

std::string created_token_json(const CreatedToken& created) {
    std::string text;
    json::Writer out(text);
    out.begin_object().member("id", created.token.id).member("token", created.text);
    write_scopes(out, created.token.scopes);
    out.end_object();
    return text;
}

std::string token_spec_json(const TokenSpec& spec) {
    std::string text;
    json::Writer out(text);
    out.begin_object();
    write_scopes(out, spec.scopes);
    out.member("name", spec.name);
    write_quotas(out, spec.quota);
    out.end_object();
    return text;
}

Result<TokenSpec> read_token_spec(std::string_view text) {
    const json::Value document = TILLSTREAM_TRY(json::parse(text));
    if (document.kind != json::Kind::object)
        return failure(Errc::invalid_argument, "the body must be an object like {\"scopes\":[\"read\"]}");
    TokenSpec spec;
    for (const json::Member& member : document.members) TILLSTREAM_CHECK(read_member(member, spec));
    if (!document.find("scopes"))
        return bad_member("scopes", "there: a token without a scope may do nothing");
    return spec;
}

}  // namespace tillstream
