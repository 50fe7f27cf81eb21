#include "app/internal/descriptor_limit.h"

#include <fmt/format.h>
#include <sys/resource.h>

namespace tillstream::app {

std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    return limit.rlim_cur;
}

Result<std::size_t> affordable_connections(std::size_t limit) {
    constexpr std::size_t kLeast = kDescriptorsForStores + kConnectionsLeast;
    if (limit >= kLeast) return limit - kDescriptorsForStores;
    return failure(Errc::invalid_argument,
                   fmt::format("the process may open {} files, {} are needed: raise it with `ulimit -n`, "
                               "LimitNOFILE= of systemd or --ulimit nofile= of a container",
                               limit, kLeast));
}

}  // namespace tillstream::app
