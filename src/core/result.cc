#include "core/result.h"

namespace tillstream {

std::string_view to_string(Errc code) {
    switch (code) {
        case Errc::invalid_argument: return "invalid_argument";
        case Errc::not_found: return "not_found";
        case Errc::already_exists: return "already_exists";
        case Errc::conflict: return "conflict";
        case Errc::unauthenticated: return "unauthenticated";
        case Errc::permission_denied: return "permission_denied";
        case Errc::resource_exhausted: return "resource_exhausted";
        case Errc::unavailable: return "unavailable";
        case Errc::timeout: return "timeout";
        case Errc::cancelled: return "cancelled";
        case Errc::io: return "io";
        case Errc::corruption: return "corruption";
        case Errc::outcome_unknown: return "outcome_unknown";
        case Errc::unsupported: return "unsupported";
        case Errc::internal: return "internal";
    }
    return "internal";
}

bool retryable(Errc code) {
    switch (code) {
        case Errc::conflict:
        case Errc::resource_exhausted:
        case Errc::unavailable:
        case Errc::timeout:
        case Errc::io:
        case Errc::outcome_unknown: return true;
        case Errc::invalid_argument:
        case Errc::not_found:
        case Errc::already_exists:
        case Errc::unauthenticated:
        case Errc::permission_denied:
        case Errc::cancelled:
        case Errc::corruption:
        case Errc::unsupported:
        case Errc::internal: return false;
    }
    return false;
}

Error Error::with_context(std::string_view context) && {
    std::string longer(context);
    longer += ": ";
    longer += message;
    return Error{code, std::move(longer)};
}

}  // namespace tillstream
