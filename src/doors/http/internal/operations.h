// operations.h - what each route is for, who may call it, and its shapes: the content of /openapi.json.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/scope.h"
#include "doors/http/http_alias.h"
#include "net/http.h"

namespace tillstream::http_door {

struct Parameter {
    std::string_view name;
    std::string_view schema;  ///< JSON Schema
    std::string_view description;
    bool required = false;
};

struct Operation {
    std::string_view id;  ///< RouteOptions::name of its route
    Scope scope;          ///< what its caller needs; of Scope::ingest for `stream`
    std::string_view tag;
    std::string_view summary;
    std::span<const Parameter> query;
    std::span<const std::string_view> body_types;  ///< empty: no body
    std::string_view body_schema;
    std::string_view answer_type;
    std::string_view answer_schema;                  ///< JSON Schema of the 200
    std::span<const Parameter> headers = {};         ///< of the request, beside those of every one
    std::span<const Parameter> answer_headers = {};  ///< of the 200, the same
    std::string_view stream = {};                    ///< empty: the one that the path names
};

/// RouteOptions::name of an alias' route; `alias` counts from 0.
std::string alias_operation(std::size_t alias, Method method);

/// Those of the door's own routes, and those of its aliases.
class Operations {
public:
    explicit Operations(std::span<const HttpAlias> aliases);
    Operations(const Operations&) = delete;
    Operations& operator=(const Operations&) = delete;

    /// Null if no operation has the id.
    const Operation* find(std::string_view id) const;
    std::size_t count() const { return all_.size(); }

private:
    std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
    void add(const HttpAlias& alias, std::size_t number);

    std::deque<std::string> texts_;  ///< what the aliases' operations point into
    std::vector<Operation> all_;
};

}  // namespace tillstream::http_door
