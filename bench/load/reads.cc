#include "bench/load/reads.h"

#include <fmt/format.h>

#include <fstream>

namespace tillstream::bench {

Result<std::vector<std::string>> read_targets(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> targets;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) targets.push_back(std::move(line));
    }
    if (targets.empty())
        return failure(Errc::invalid_argument, fmt::format("{} cannot be read or names no target", path));
    return targets;
}

std::vector<SalesRequest> make_reads(const BodyOptions& options, const std::vector<std::string>& targets,
                                     std::size_t least) {
    const std::string token =
        options.token.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", options.token);
    std::vector<SalesRequest> requests;
    do {
        for (const std::string& target : targets) {
            SalesRequest request;
            request.bytes = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n{}\r\n", target, options.host, token);
            requests.push_back(std::move(request));
        }
    } while (requests.size() < least);
    return requests;
}

}  // namespace tillstream::bench
