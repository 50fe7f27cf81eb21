// guarded.h - a scenario in which tokens are asked for: requests with and without them, and tokens made by
// the command line.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/scenario/scenario.h"

namespace tillstream {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct MadeToken {
    std::string id;
    std::string text;
};

class Guarded : public Scenario {
protected:
    /// With small journal files: some tests read every byte of the folder.
    void begin(std::vector<std::string> arguments = {});

    /// Bodies of all answers are kept in `answers`.
    ClientResponse call(Method method, const std::string& target, const Headers& headers = {},
                        std::string_view body = {});
    int status_of(Method method, const std::string& target, const Headers& headers = {},
                  std::string_view body = {}) {
        return call(method, target, headers, body).status;
    }
    static Headers bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

    /// `tillstream token create` at the running server; the end of the test if it fails.
    MadeToken make_token(const std::vector<std::string>& arguments);
    /// The same with a token that may.
    MadeToken make_token(const MadeToken& admin, const std::vector<std::string>& arguments);
    /// Any verb, at the running server.
    CommandResult run_verb(std::vector<std::string> arguments);

    std::string server_log() const;
    std::vector<json::Value> audit_lines() const;

    std::vector<std::string> answers;
};

/// The whole content; empty if it is not there.
std::string read_whole(const std::string& path);

}  // namespace tillstream
