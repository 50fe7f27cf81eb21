// folder_access.h - the tokens of a data folder: for the server, and for a command while no server runs.
#pragma once

#include <memory>
#include <string>

#include "access/access.h"
#include "app/internal/settings.h"
#include "core/env.h"

namespace tillstream::app {

/// Of a folder this process owns. corruption or unsupported if its tokens cannot be read.
Result<std::unique_ptr<Access>> open_access(const Settings& settings, const Logger& logger, Metrics& metrics);

/// Whether doors on this folder ask for tokens. Needs no ownership.
Result<bool> tokens_defined(const std::string& data_dir);

/// A folder opened for its tokens alone; owned until destruction.
class FolderAccess {
public:
    /// resource_exhausted, naming the pid, if another process owns it; not_found if there is no such folder
    /// and it is not to be made.
    static Result<FolderAccess> open(const std::string& data_dir, bool make_folder);

    Access& access() { return *access_; }
    /// As the owner of the folder.
    void record(std::string_view action, std::string_view target);

private:
    FolderAccess(FolderLock lock, std::unique_ptr<Metrics> metrics, std::unique_ptr<Access> access)
        : lock_(std::move(lock)), metrics_(std::move(metrics)), access_(std::move(access)) {}

    FolderLock lock_;
    std::unique_ptr<Metrics> metrics_;
    std::unique_ptr<Access> access_;
};

}  // namespace tillstream::app
