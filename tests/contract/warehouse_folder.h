// warehouse_folder.h - a folder of its own for one test, removed at the end.
#pragma once

#include <cstdlib>

#include <filesystem>
#include <string>

namespace tillstream::testing {

class Folder {
public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "tillstream-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

}  // namespace tillstream::testing
