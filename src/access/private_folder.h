// private_folder.h - where this module keeps its files: readable by nobody but their owner (mode 0600).
//
// Why:      a Filesystem knows no modes. A file that is there before it is written keeps its own, so an empty
//           one of the right mode is made first; write_file_atomic then fills and renames it.
// Threads:  one writer per file at a time.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/env.h"

namespace tillstream {

struct PrivateFolder {
    Filesystem& fs;
    std::string dir;
    /// Makes sure that the file is there and its owner's alone. Empty: the file system has no modes.
    std::function<Status(const std::string& path)> keep_private = {};

    std::string path(std::string_view name) const { return dir + "/" + std::string(name); }
};

/// On the real disk.
PrivateFolder private_folder(std::string dir);

/// write_file_atomic, so that at no time anybody else may read the bytes.
Status write_private_file(const PrivateFolder& folder, std::string_view name, std::string_view bytes);

}  // namespace tillstream
