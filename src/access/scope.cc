#include "access/scope.h"

#include <algorithm>
#include <array>

namespace tillstream {

namespace {

constexpr std::array kPlainScopes{Scope::files, Scope::read, Scope::query, Scope::repair, Scope::admin};
constexpr std::string_view kIngestPrefix = "ingest:";
constexpr std::string_view kEveryStream = "*";
constexpr std::size_t kStreamNameMax = 63;
constexpr std::size_t kQuotedMax = 80;

bool is_stream_name(std::string_view name) {
    return !name.empty() && name.size() <= kStreamNameMax &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

std::string_view to_string(Scope scope) {
    switch (scope) {
        case Scope::open: return "open";
        case Scope::ingest: return "ingest";
        case Scope::files: return "files";
        case Scope::read: return "read";
        case Scope::query: return "query";
        case Scope::repair: return "repair";
        case Scope::admin: return "admin";
    }
    return "open";
}

Result<ScopeSet::Grant> ScopeSet::parse_grant(std::string_view text) {
    for (const Scope scope : kPlainScopes) {
        if (text == to_string(scope)) return Grant{scope};
    }
    if (text.starts_with(kIngestPrefix)) {
        const std::string_view stream = text.substr(kIngestPrefix.size());
        if (stream == kEveryStream || is_stream_name(stream))
            return Grant{Scope::ingest, std::string(stream)};
    }
    return failure(
        Errc::invalid_argument,
        "scope '" + std::string(text.substr(0, kQuotedMax)) +
            "' is unknown; there are ingest:<stream>, ingest:*, files, read, query, repair and admin");
}

Result<ScopeSet> ScopeSet::parse(std::span<const std::string> texts) {
    ScopeSet set;
    for (const std::string& text : texts) {
        Grant grant = TILLSTREAM_TRY(parse_grant(text));
        if (std::find(set.grants_.begin(), set.grants_.end(), grant) != set.grants_.end()) continue;
        set.grants_.push_back(std::move(grant));
    }
    if (set.grants_.empty())
        return failure(Errc::invalid_argument, "a token without a scope may do nothing; name at least one");
    if (set.grants_.size() > kScopesMax)
        return failure(Errc::invalid_argument, std::to_string(set.grants_.size()) +
                                                   " scopes are too many for one token; at most " +
                                                   std::to_string(kScopesMax));
    return set;
}

bool ScopeSet::allow(Scope scope, std::string_view stream) const {
    if (scope == Scope::open) return true;
    return std::any_of(grants_.begin(), grants_.end(), [&](const Grant& grant) {
        if (grant.scope == Scope::admin) return true;
        if (grant.scope != scope) return false;
        return scope != Scope::ingest || grant.stream == kEveryStream || grant.stream == stream;
    });
}

std::string ScopeSet::text_of(const Grant& grant) {
    if (grant.scope == Scope::ingest) return std::string(kIngestPrefix) + grant.stream;
    return std::string(to_string(grant.scope));
}

std::vector<std::string> ScopeSet::texts() const {
    std::vector<std::string> texts;
    for (const Grant& grant : grants_) texts.push_back(text_of(grant));
    return texts;
}

std::string ScopeSet::joined() const {
    std::string joined;
    for (const Grant& grant : grants_) {
        if (!joined.empty()) joined += ", ";
        joined += text_of(grant);
    }
    return joined;
}

}  // namespace tillstream
