#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "core/env.h"
#include "core/internal/errno_error.h"

namespace tillstream {

namespace {

/// What the file says, or "unknown": the owner may hold the lock but not have written its pid yet.
std::string read_owner(int fd) {
    std::array<char, 24> content;
    const ssize_t length = ::pread(fd, content.data(), content.size(), 0);
    std::string pid;
    for (ssize_t i = 0; i < length && content[static_cast<std::size_t>(i)] != '\n'; ++i)
        pid.push_back(content[static_cast<std::size_t>(i)]);
    return pid.empty() ? "unknown" : pid;
}

Status write_owner(int fd, const std::string& path) {
    const std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd, 0) != 0) return failure(internal::errno_error("ftruncate", path, errno));
    if (::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return failure(internal::errno_error("pwrite", path, errno));
    return {};
}

}  // namespace

Result<FolderLock> FolderLock::acquire(const std::string& dir) {
    const std::string path = dir + "/LOCK";
    FolderLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (lock.fd_ < 0) return failure(internal::errno_error("open", path, errno));
    // flock and not fcntl's record lock: that one is lost as soon as any descriptor of the file is closed.
    if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return failure(internal::errno_error("flock", path, errno));
        return failure(Errc::resource_exhausted,
                       fmt::format("folder '{}' is in use by process {}: stop it or choose another folder",
                                   dir, read_owner(lock.fd_)));
    }
    TILLSTREAM_CHECK(write_owner(lock.fd_, path));
    return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
    FolderLock taken(std::move(other));
    std::swap(fd_, taken.fd_);
    return *this;
}

FolderLock::~FolderLock() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace tillstream
