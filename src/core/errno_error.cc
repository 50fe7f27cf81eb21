#include "core/internal/errno_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace tillstream::internal {

namespace {

Errc code_of(int number) {
    switch (number) {
        case ENOENT: return Errc::not_found;
        case EEXIST: return Errc::already_exists;
        case ENOSPC:
        case EDQUOT: return Errc::resource_exhausted;
        // Out of descriptors or memory: nothing is wrong with the file.
        case EMFILE:
        case ENFILE:
        case ENOMEM: return Errc::unavailable;
        default: return Errc::io;
    }
}

}  // namespace

Error errno_error(std::string_view call, const std::string& path, int number) {
    // generic_category: strerror without its shared buffer.
    return {code_of(number), fmt::format("{} '{}': {}", call, path, std::generic_category().message(number))};
}

}  // namespace tillstream::internal
