// error_status.h - the one table from Errc to HTTP, and answers made of errors.
#pragma once

#include <string>

#include "core/result.h"
#include "net/problem.h"

namespace tillstream::http_door {

/// No default in the switch: a new code must be given a status here.
int status_of(Errc code);

/// A problem whose detail is the error's message.
HttpResponse error_response(const Error& error, std::string_view request_id);

/// 200 with the JSON document, or the error as a problem.
HttpResponse json_response(Result<std::string> body, std::string_view request_id);

/// One entry of a problem's `errors`.
struct ErrorEntry {
    std::string pointer;
    std::string code;
    std::string expected;
    std::string found;
};
std::string errors_json(const ErrorEntry& entry);

}  // namespace tillstream::http_door
