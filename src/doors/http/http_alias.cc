#include "doors/http/http_alias.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tillstream {

namespace {

/// First parts of the door's own paths; "" is that of "/".
constexpr std::array<std::string_view, 6> kOwnParts{"", "livez", "metrics", "openapi.json", "readyz", "v1"};

/// Requests are compared after decoding, so a path in the configuration is written as it reads.
bool stands_for_itself(char c) {
    constexpr std::string_view kSigns = "-._~/:@!$&'()+,;=";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kSigns.find(c) != std::string_view::npos;
}

}  // namespace

std::string_view to_string(AliasResponse response) {
    switch (response) {
        case AliasResponse::stream: return "stream";
        case AliasResponse::seed: return "seed";
    }
    return "";
}

bool is_door_path(std::string_view path) {
    if (!path.starts_with('/')) return false;
    const std::string_view first = path.substr(1, path.find('/', 1) - 1);
    return std::find(kOwnParts.begin(), kOwnParts.end(), first) != kOwnParts.end();
}

std::string problem_of_alias_path(std::string_view path) {
    if (!path.starts_with('/'))
        return fmt::format("'{}' does not begin with '/'; write a path like /prod/main", path);
    if (!std::all_of(path.begin(), path.end(), stands_for_itself))
        return fmt::format(
            "'{}' is no plain path; write letters, digits and -._~:@!$&'()+,;= between slashes", path);
    if (is_door_path(path))
        return fmt::format(
            "'{}' is one of the door's own paths (/, /v1, /livez, /readyz, /metrics, "
            "/openapi.json and what is below them); choose another, like /prod/main",
            path);
    return "";
}

}  // namespace tillstream
