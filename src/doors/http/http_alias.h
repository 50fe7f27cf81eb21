// http_alias.h - a path of the shop's own choice that takes rows for a stream: what producers of another
//     system were built to call.
//
// Rule:     an alias never takes a path that is the door's own, or may become it (is_door_path).
// Source:   FACES "Ingest", aliases.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tillstream {

enum class AliasResponse : std::uint8_t {
    stream,  ///< as the stream's own route answers
    seed,    ///< as the API of the original systems: the posted bytes, and an invoice as an item
};

std::string_view to_string(AliasResponse response);

struct HttpAlias {
    std::string path;    ///< problem_of_alias_path() is empty
    std::string stream;  ///< one that ingest knows
    AliasResponse response = AliasResponse::stream;
    std::string place = {};  ///< where it was declared, for messages: "tillstream.toml:12"
    friend bool operator==(const HttpAlias&, const HttpAlias&) = default;
};

/// Whether the door has routes below the path's first part, or keeps it for some.
bool is_door_path(std::string_view path);

/// Why the path cannot be an alias', and the way out; empty if it can.
std::string problem_of_alias_path(std::string_view path);

}  // namespace tillstream
