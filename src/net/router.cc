#include "net/router.h"

#include <algorithm>

#include "net/internal/message_parser.h"

namespace tillstream {

namespace {

bool is_parameter(std::string_view part) {
    return part.size() > 2 && part.front() == '{' && part.back() == '}';
}

/// Cuts the first part off `rest`, which begins with '/'.
std::string_view take_part(std::string_view& rest) {
    const std::size_t end = rest.find('/', 1);
    const std::string_view part = rest.substr(1, end == rest.npos ? rest.npos : end - 1);
    rest = end == rest.npos ? std::string_view() : rest.substr(end);
    return part;
}

bool equals_decoded(std::string_view part, std::string_view literal) {
    if (part.find('%') == part.npos) return part == literal;
    return percent_decode(part) == literal;
}

}  // namespace

/// One part of the patterns that begin alike.
struct Router::Node {
    struct Target {
        Method method;
        std::size_t route;
    };
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
    std::unique_ptr<Node> parameter;
    std::unique_ptr<Node> tail;  ///< {name*}
    std::vector<Target> targets;

    std::unique_ptr<Node>& child(std::string_view part) {
        if (is_parameter(part)) return part[part.size() - 2] == '*' ? tail : parameter;
        for (auto& [literal, node] : literals) {
            if (literal == part) return node;
        }
        return literals.emplace_back(std::string(part), nullptr).second;
    }

    /// Depth-first in order of precedence; nothing if no pattern fits.
    const Node* walk(std::string_view rest) const {
        if (rest.empty()) return targets.empty() ? nullptr : this;
        std::string_view after = rest;
        const std::string_view part = take_part(after);
        for (const auto& [literal, node] : literals) {
            if (!equals_decoded(part, literal)) continue;
            if (const Node* found = node->walk(after)) return found;
        }
        if (parameter != nullptr && !part.empty()) {
            if (const Node* found = parameter->walk(after)) return found;
        }
        return tail != nullptr && rest.size() > 1 ? tail.get() : nullptr;
    }

    const Target* find(Method method) const {
        const auto at =
            std::find_if(targets.begin(), targets.end(), [&](const Target& t) { return t.method == method; });
        return at == targets.end() ? nullptr : &*at;
    }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

Status Router::add(Method method, std::string_view pattern, Handler handler, RouteOptions options) {
    const auto malformed = [&](std::string_view why) {
        return failure(Errc::invalid_argument, "route " + std::string(pattern) + ": " + std::string(why));
    };
    if (!pattern.starts_with('/')) return malformed("a pattern begins with '/'");
    if (!handler) return malformed("it has no handler");
    if (method == Method::other) return malformed("it has no method");
    Node* node = root_.get();
    for (std::string_view rest = pattern; !rest.empty();) {
        const std::string_view part = take_part(rest);
        if (!is_parameter(part) && part.find_first_of("{}*") != part.npos)
            return malformed("a part is {name} or a literal");
        if (part.ends_with("*}") && !rest.empty()) return malformed("{name*} must be the last part");
        std::unique_ptr<Node>& child = node->child(part);
        if (child == nullptr) child = std::make_unique<Node>();
        node = child.get();
    }
    if (node->find(method) != nullptr) {
        return failure(Errc::already_exists, "route " + std::string(to_string(method)) + " " +
                                                 std::string(pattern) + ": another route has the same shape");
    }
    node->targets.push_back({method, routes_.size()});
    routes_.push_back({method, std::string(pattern), std::move(handler), std::move(options)});
    return {};
}

std::span<const Route> Router::routes() const { return routes_; }

namespace {

void store_parameters(const Route& route, RequestHead& head) {
    std::string_view pattern = route.pattern;
    std::string_view path = head.path;
    while (!pattern.empty()) {
        const std::string_view whole = path;
        std::string_view part = take_part(pattern);
        std::string_view value = take_part(path);
        if (!is_parameter(part)) continue;
        part = part.substr(1, part.size() - 2);
        if (part.ends_with('*')) {
            part.remove_suffix(1);
            value = whole.substr(1);
        }
        head.params.add(part, internal::store_decoded(head.storage, value, false));
    }
}

std::string allowed_methods(std::span<const Route> routes, auto&& targets) {
    std::string allow;
    const auto add = [&](Method method) {
        if (!allow.empty()) allow += ", ";
        allow += to_string(method);
    };
    bool get = false;
    bool head = false;
    for (const auto& target : targets) {
        const Method method = routes[target.route].method;
        get = get || method == Method::get;
        head = head || method == Method::head;
        add(method);
    }
    if (get && !head) add(Method::head);
    return allow;
}

}  // namespace

Router::Match Router::find(RequestHead& head) const {
    const Node* node = root_->walk(head.path);
    if (node == nullptr) return {};
    const Node::Target* target = node->find(head.method);
    if (target == nullptr && head.method == Method::head) target = node->find(Method::get);
    if (target == nullptr) return {std::nullopt, allowed_methods(routes_, node->targets)};
    store_parameters(routes_[target->route], head);
    return {target->route, {}};
}

}  // namespace tillstream
