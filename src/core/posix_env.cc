#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "core/env.h"
#include "core/internal/errno_error.h"
#include "core/internal/path.h"

namespace tillstream {

namespace {

constexpr mode_t kFileMode = 0640;
constexpr mode_t kFolderMode = 0750;

tl::unexpected<Error> failed(std::string_view call, const std::string& path, int number = errno) {
    return failure(internal::errno_error(call, path, number));
}

/// Of a sync, whatever the reason: what a later one says proves nothing, so it may not look passing.
tl::unexpected<Error> failed_sync(std::string_view call, const std::string& path) {
    Error error = internal::errno_error(call, path, errno);
    if (error.code == Errc::unavailable) error.code = Errc::io;
    return failure(std::move(error));
}

/// Repeats a call a signal interrupted. Not for close(2): there Linux has already let go of the descriptor.
template <class Call>
auto uninterrupted(Call call) {
    auto outcome = call();
    while (outcome == -1 && errno == EINTR) outcome = call();
    return outcome;
}

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }

private:
    int fd_;
};

class PosixFile final : public File {
public:
    PosixFile(Descriptor fd, std::string path, bool direct)
        : fd_(std::move(fd)), path_(std::move(path)), direct_(direct) {}

    Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t size) override {
        constexpr std::size_t kSector = 512;
        std::size_t done = 0;
        while (done < size) {
            const ssize_t got = uninterrupted([&] {
                return ::pread(fd_.get(), into + done, size - done, static_cast<off_t>(offset + done));
            });
            if (got < 0) return failed("pread", path_);
            done += static_cast<std::size_t>(got);
            // A direct read stops within a sector only at the end; going on there would be misaligned.
            if (got == 0 || (direct_ && done % kSector != 0)) break;
        }
        return done;
    }

    Status write_at(std::uint64_t offset, std::string_view bytes) override {
        while (!bytes.empty()) {
            const ssize_t put = uninterrupted(
                [&] { return ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
            if (put < 0) return failed("pwrite", path_);
            if (put == 0) return failed("pwrite", path_, EIO);
            offset += static_cast<std::uint64_t>(put);
            bytes.remove_prefix(static_cast<std::size_t>(put));
        }
        return {};
    }

    Status sync() override {
        // No retry, not even of EINTR: the kernel may have dropped the dirty pages with the first answer.
        if (::fdatasync(fd_.get()) != 0) return failed_sync("fdatasync", path_);
        return {};
    }

    Status truncate(std::uint64_t size) override {
        if (uninterrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0)
            return failed("ftruncate", path_);
        return {};
    }

    Result<std::uint64_t> size() override {
        struct stat info;
        if (::fstat(fd_.get(), &info) != 0) return failed("fstat", path_);
        return static_cast<std::uint64_t>(info.st_size);
    }

    bool direct() const override { return direct_; }

private:
    Descriptor fd_;
    std::string path_;
    bool direct_;
};

/// O_DIRECT is set after opening: a file system that refuses it may have created the file in an open that
/// fails, and the second try would then trip over O_EXCL.
Result<bool> try_direct(int fd, const std::string& path) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags == -1) return failed("fcntl", path);
    if (::fcntl(fd, F_SETFL, flags | O_DIRECT) == 0) return true;
    if (errno == EINVAL) return false;
    return failed("fcntl O_DIRECT", path);
}

Status make_dir(const std::string& dir, Filesystem& fs) {
    if (::mkdir(dir.c_str(), kFolderMode) == 0) return fs.sync_dir(internal::parent_folder(dir));
    if (errno != EEXIST) return failed("mkdir", dir);
    struct stat info;
    if (::stat(dir.c_str(), &info) != 0) return failed("stat", dir);
    if (!S_ISDIR(info.st_mode)) return failed("mkdir", dir, ENOTDIR);
    return {};
}

class PosixFilesystem final : public Filesystem {
public:
    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        const int flags = (mode.write ? O_RDWR : O_RDONLY) | (mode.create ? O_CREAT : 0) |
                          (mode.exclusive ? O_EXCL : 0) | O_CLOEXEC;
        Descriptor fd(uninterrupted([&] { return ::open(path.c_str(), flags, kFileMode); }));
        if (fd.get() < 0) return failed("open", path);
        struct stat info;
        if (::fstat(fd.get(), &info) != 0) return failed("fstat", path);
        if (S_ISDIR(info.st_mode)) return failed("open", path, EISDIR);
        const bool direct = mode.direct && TILLSTREAM_TRY(try_direct(fd.get(), path));
        return std::make_unique<PosixFile>(std::move(fd), path, direct);
    }

    Status rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename to '" + to + "' of", from);
        return {};
    }

    Status rename_new(const std::string& from, const std::string& to) override {
        const std::string call = "rename to new '" + to + "' of";
        if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
        if (errno != EINVAL && errno != ENOSYS) return failed(call, from);
        // A file system without the flag: a link never replaces either.
        if (::link(from.c_str(), to.c_str()) != 0) return failed(call, from);
        return remove(from);
    }

    Status remove(const std::string& path) override {
        if (std::remove(path.c_str()) != 0) return failed("remove", path);
        return {};
    }

    Result<bool> exists(const std::string& path) override {
        struct stat info;
        if (::stat(path.c_str(), &info) == 0) return true;
        if (errno == ENOENT || errno == ENOTDIR) return false;
        return failed("stat", path);
    }

    Result<std::vector<std::string>> list(const std::string& dir) override {
        const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(dir.c_str()), ::closedir);
        if (!stream) return failed("opendir", dir);
        std::vector<std::string> names;
        errno = 0;
        while (const dirent* entry = ::readdir(stream.get())) {
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..") names.emplace_back(name);
            errno = 0;
        }
        if (errno != 0) return failed("readdir", dir);
        std::sort(names.begin(), names.end());
        return names;
    }

    Status make_dirs(const std::string& dir) override {
        for (std::size_t slash = dir.find('/', 1); slash != std::string::npos;
             slash = dir.find('/', slash + 1)) {
            if (dir[slash - 1] != '/') TILLSTREAM_CHECK(make_dir(dir.substr(0, slash), *this));
        }
        if (dir.empty() || dir.back() == '/') return {};
        return make_dir(dir, *this);
    }

    Status sync_dir(const std::string& dir) override {
        const Descriptor fd(
            uninterrupted([&] { return ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
        if (fd.get() < 0) return failed("open", dir);
        if (::fsync(fd.get()) != 0) return failed_sync("fsync", dir);
        return {};
    }

    Result<std::uint64_t> free_bytes(const std::string& dir) override {
        struct statvfs info;
        if (uninterrupted([&] { return ::statvfs(dir.c_str(), &info); }) != 0) return failed("statvfs", dir);
        return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
    }
};

}  // namespace

Filesystem& posix_filesystem() {
    static PosixFilesystem fs;  // stateless
    return fs;
}

}  // namespace tillstream
