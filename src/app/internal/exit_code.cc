#include "app/internal/exit_code.h"

#include <cstdio>

namespace tillstream::app {

ExitCode exit_code_of(const Error& error) {
    switch (error.code) {
        case Errc::invalid_argument: return kConfiguration;
        case Errc::corruption:
        case Errc::unsupported: return kData;
        case Errc::resource_exhausted:
        case Errc::unavailable:
        case Errc::timeout: return kTryAgain;
        case Errc::not_found:
        case Errc::already_exists:
        case Errc::conflict:
        case Errc::unauthenticated:
        case Errc::permission_denied:
        case Errc::cancelled:
        case Errc::io:
        case Errc::outcome_unknown:
        case Errc::internal: return kFailure;
    }
    return kFailure;
}

int report(const Error& error, ExitCode code) {
    std::fprintf(stderr, "tillstream: %s\n", error.message.c_str());
    return code;
}

int report(const Error& error) { return report(error, exit_code_of(error)); }

}  // namespace tillstream::app
