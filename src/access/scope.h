// scope.h - what a route asks for, and what a token gives.
//
// Rule:    admin gives everything; any other scope gives itself alone. `ingest` is given for one stream, or
//          for all with "*".
// Errors:  invalid_argument naming the scope that is none, and all there are.
// Limits:  kScopesMax a token; names of streams as in contracts: a-z, 0-9 and _, at most 63.
// Source:  FACES "Doors".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace tillstream {

enum class Scope : std::uint8_t {
    open,    ///< nothing is asked for: the route is for everybody. No token gives it
    ingest,  ///< to store records in a stream: "ingest:sales", "ingest:*"
    files,
    read,
    query,
    repair,
    admin,
};

/// "read"; of ingest "ingest", without a stream.
std::string_view to_string(Scope scope);

class ScopeSet {
public:
    static constexpr std::size_t kScopesMax = 64;

    ScopeSet() = default;
    /// Each text is one scope as FACES writes it; repeats count once. None at all is an error.
    static Result<ScopeSet> parse(std::span<const std::string> texts);

    /// `stream` counts for Scope::ingest only.
    bool allow(Scope scope, std::string_view stream = {}) const;
    /// As parse takes them, in the order given.
    std::vector<std::string> texts() const;
    /// "read, ingest:sales": for messages.
    std::string joined() const;

private:
    struct Grant {
        Scope scope = Scope::open;
        std::string stream = {};  ///< of ingest; "*": every one
        friend bool operator==(const Grant&, const Grant&) = default;
    };
    static Result<Grant> parse_grant(std::string_view text);
    static std::string text_of(const Grant& grant);

    std::vector<Grant> grants_;
};

}  // namespace tillstream
