// json_check.h - whether a text of the engine's JSON type is JSON.
//
// Why:      the engine's JSON also takes NaN, Infinity and commas behind the last value; answers do not.
// Limits:   what is nested deeper than json::kDepthMax does not pass.
// Threads:  one at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/scanner.h"

namespace tillstream::duck {

class JsonCheck {
public:
    /// One value of RFC 8259, blanks around it allowed.
    bool passes(std::string_view text);

private:
    json::Scanner scanner_;
    std::string record_;
    std::vector<json::Field> fields_;
};

}  // namespace tillstream::duck
