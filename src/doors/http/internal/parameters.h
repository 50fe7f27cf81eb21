// parameters.h - query parameters as values. A parameter that is none is an invalid_argument error (400)
// naming it, what it may be and what it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/result.h"
#include "core/time.h"
#include "net/http.h"

namespace tillstream::http_door {

struct NumberBounds {
    std::uint64_t fallback = 0;  ///< without the parameter
    std::uint64_t min = 0;
    std::uint64_t max = UINT64_MAX;
};

/// A whole number within `bounds`.
Result<std::uint64_t> number_parameter(const RequestHead& head, std::string_view name,
                                       const NumberBounds& bounds);
/// An RFC 3339 time, or a date (its first moment, UTC); nothing without the parameter.
Result<std::optional<Timestamp>> time_parameter(const RequestHead& head, std::string_view name);
/// The text as sent; empty without the parameter.
std::string_view text_parameter(const RequestHead& head, std::string_view name);

}  // namespace tillstream::http_door
