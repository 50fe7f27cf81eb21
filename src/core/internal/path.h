// path.h - the one rule for splitting a path into folder and name.
#pragma once

#include <string>

namespace tillstream::internal {

/// "a/b" -> "a", "/b" -> "/", "b" -> ".".
inline std::string parent_folder(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace tillstream::internal
