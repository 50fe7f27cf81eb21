#include "app/internal/data_folder.h"

#include <chrono>
#include <thread>

namespace tillstream::app {

namespace {

/// folder_owned holds the lock for a moment: that must not keep an owner out.
constexpr std::chrono::milliseconds kPatience{500};
constexpr std::chrono::milliseconds kPause{10};

constexpr std::string_view kFormat = "tillstream 1\n";

std::string format_file(const std::string& dir) { return dir + "/FORMAT"; }

Status check_format(Filesystem& fs, const std::string& dir) {
    const std::string path = format_file(dir);
    if (!TILLSTREAM_TRY(fs.exists(path))) return write_file_atomic(fs, path, kFormat);
    const std::string found = TILLSTREAM_TRY(read_file(fs, path));
    if (found == kFormat) return {};
    return failure(Errc::unsupported,
                   path + " says \"" + found.substr(0, found.find('\n')) +
                       "\", this program reads \"tillstream 1\"; use the version that wrote the folder");
}

}  // namespace

std::string server_url_file(const std::string& dir) { return dir + "/state/server.url"; }

Result<FolderLock> take_folder(Filesystem& fs, const std::string& dir) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    auto taken = FolderLock::acquire(dir);
    while (!taken && taken.error().code == Errc::resource_exhausted &&
           std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(kPause);
        taken = FolderLock::acquire(dir);
    }
    FolderLock lock = TILLSTREAM_TRY(std::move(taken));
    TILLSTREAM_CHECK(check_format(fs, dir));
    const std::string left_behind = server_url_file(dir);
    if (TILLSTREAM_TRY(fs.exists(left_behind))) TILLSTREAM_CHECK(fs.remove(left_behind));
    return lock;
}

Result<bool> folder_owned(Filesystem& fs, const std::string& dir) {
    if (!TILLSTREAM_TRY(fs.exists(format_file(dir)))) return false;
    const Result<FolderLock> taken = FolderLock::acquire(dir);
    if (taken) return false;
    if (taken.error().code == Errc::resource_exhausted) return true;
    return failure(taken.error());
}

Status check_folder_there(Filesystem& fs, const std::string& dir) {
    if (TILLSTREAM_TRY(fs.exists(format_file(dir)))) return {};
    const std::string missing = TILLSTREAM_TRY(fs.exists(dir))
                                    ? dir + " is no data folder: it holds no file FORMAT"
                                    : "there is no data folder " + dir;
    return failure(Errc::not_found, missing +
                                        "; name another by --data, or make it with `tillstream serve "
                                        "--data " +
                                        dir + "`");
}

}  // namespace tillstream::app
