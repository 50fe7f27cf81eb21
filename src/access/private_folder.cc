#include "access/private_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tillstream {

namespace {

constexpr mode_t kOwnerOnly = 0600;

Status make_owners_alone(const std::string& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
    const bool done = fd >= 0 && ::fchmod(fd, kOwnerOnly) == 0;
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (done) return {};
    return failure(Errc::io, "cannot keep " + path + " to its owner: " + std::strerror(error));
}

}  // namespace

PrivateFolder private_folder(std::string dir) {
    return {posix_filesystem(), std::move(dir), &make_owners_alone};
}

Status write_private_file(const PrivateFolder& folder, std::string_view name, std::string_view bytes) {
    const std::string path = folder.path(name);
    if (folder.keep_private) TILLSTREAM_CHECK(folder.keep_private(path + ".tmp"));
    return write_file_atomic(folder.fs, path, bytes);
}

}  // namespace tillstream
