// operations.h - what each route is for, who may call it, and its shapes: the content of /openapi.json.
#pragma once

#include <span>
#include <string_view>

#include "access/scope.h"

namespace tillstream::http_door {

struct Parameter {
    std::string_view name;
    std::string_view schema;  ///< JSON Schema
    std::string_view description;
};

struct Operation {
    std::string_view id;  ///< RouteOptions::name of its route
    Scope scope;          ///< what its caller needs; of Scope::ingest for the stream that the path names
    std::string_view tag;
    std::string_view summary;
    std::span<const Parameter> query;
    std::span<const std::string_view> body_types;  ///< empty: no body
    std::string_view body_schema;
    std::string_view answer_type;
    std::string_view answer_schema;  ///< JSON Schema of the 200
};

std::span<const Operation> operations();
/// Null if no operation has the id.
const Operation* find_operation(std::string_view id);

}  // namespace tillstream::http_door
