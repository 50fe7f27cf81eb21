// router.h - which handler a method and path belong to.
//
// Patterns:   "/v1/streams/{stream}/records": a part is a literal or one {name}; the last part may be
//             {name*}, which takes the rest of the path, slashes included, at least one character. A literal
//             wins over {name}, {name} over {name*}. Parts are compared after percent-decoding; "%2F" never
//             separates parts. No normalisation: "//" and ".." are parts like any other.
// Lifecycle:  filled at start, then given to the server and constant.
// Threads:    find() from any thread once filled.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/responder.h"

namespace tillstream {

/// Looks at a request before its body is read; an answer refuses it. Called on the io thread: must not block.
using AdmitHook = std::function<std::optional<HttpResponse>(const RequestHead&)>;

struct Passage {
    std::optional<HttpResponse> refusal = {};
    std::string principal = {};  ///< becomes RequestHead::principal, cut at kPrincipalBytesMax
};

/// Looks at every request before its body is read, and before it is told whether there is such a path or
/// method (`route` is nothing then); what it refuses, no route sees. Called on the io thread: must not block.
using Gate = std::function<Passage(const RequestHead&, std::optional<std::size_t> route)>;

struct RouteOptions {
    std::string name = {};  ///< operation id, for the list of routes
    /// Instead of 0 for GET, HEAD and DELETE, of ServerOptions::body_bytes_max for others. More is answered
    /// 413, without memory being taken for it; 0 refuses a chunked body too, even an empty one.
    std::optional<std::size_t> body_bytes_max = {};
    AdmitHook admit = {};
    /// its bodies count against, and are refused by, the in-flight byte budget
    bool counts_in_flight = true;
};

struct Route {
    Method method;
    std::string pattern;
    Handler handler;
    RouteOptions options;
};

class Router {
public:
    Router();
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    /// A HEAD request goes to the GET route if there is no HEAD route. invalid_argument for a malformed
    /// pattern, already_exists for the same method and shape twice.
    Status add(Method method, std::string_view pattern, Handler handler, RouteOptions options = {});

    /// In the order added.
    std::span<const Route> routes() const;

    /// Without one, whoever comes may ask for everything.
    void set_gate(Gate gate) { gate_ = std::move(gate); }
    const Gate& gate() const { return gate_; }

    struct Match {
        std::optional<std::size_t> route;  ///< index into routes()
        /// the path exists with these methods only ("GET, HEAD"); empty: 404
        std::string allow;
    };
    /// Fills head.params on success. `head.storage` must have room for path.size() more bytes.
    Match find(RequestHead& head) const;

private:
    struct Node;
    std::vector<Route> routes_;
    std::unique_ptr<Node> root_;
    Gate gate_;
};

}  // namespace tillstream
