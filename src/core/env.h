// env.h - files and clocks behind one face, so that tests can lose unsynced bytes and fail any call.
//
// Twins:    posix_filesystem() and system clocks here; MemoryFilesystem (memory_env.h) forgets what was not
//           synced; FaultFilesystem (fault_env.h) fails the n-th call.
// Threads:  Filesystem and Clock may be used from any thread. A File may be read and written from several
//           threads at once as long as the ranges do not overlap.
// Errors:   not_found, already_exists, io (message names call, path and errno text), resource_exhausted
//           (disk full).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"

namespace tillstream {

struct OpenMode {
    bool write = false;
    bool create = false;     ///< make it if absent (needs write)
    bool exclusive = false;  ///< fail with already_exists if present (needs create)
    bool direct = false;     ///< O_DIRECT: aligned offsets, sizes, memory; if refused: see File::direct
};

class File {
public:
    virtual ~File() = default;

    /// Reads up to `size` bytes at `offset`; fewer only at the end of the file. EINTR is retried.
    virtual Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t size) = 0;
    /// Writes all bytes or fails. After a failure the range holds anything.
    virtual Status write_at(std::uint64_t offset, std::string_view bytes) = 0;
    /// fdatasync. After a failure the bytes may be lost although a later sync succeeds: never retry.
    virtual Status sync() = 0;
    virtual Status truncate(std::uint64_t size) = 0;
    virtual Result<std::uint64_t> size() = 0;
    /// False if O_DIRECT was asked for and the file system refused it (the file is then open buffered).
    virtual bool direct() const = 0;
};

class Filesystem {
public:
    virtual ~Filesystem() = default;

    virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
    /// Replaces the target. Durable after sync_dir of the folder.
    virtual Status rename(const std::string& from, const std::string& to) = 0;
    /// The same, but already_exists if the target is there, whoever made it.
    virtual Status rename_new(const std::string& from, const std::string& to) = 0;
    virtual Status remove(const std::string& path) = 0;
    virtual Result<bool> exists(const std::string& path) = 0;
    /// Names (not paths) in a folder, sorted; not_found if there is no such folder.
    virtual Result<std::vector<std::string>> list(const std::string& dir) = 0;
    /// Makes the folder and its parents; an existing one is fine. New ones are durable on return.
    virtual Status make_dirs(const std::string& dir) = 0;
    virtual Status sync_dir(const std::string& dir) = 0;
    /// Bytes free for this user on the disk that holds `dir`.
    virtual Result<std::uint64_t> free_bytes(const std::string& dir) = 0;
};

/// The real one. Stateless; lives as long as the process.
Filesystem& posix_filesystem();

/// Whole-file conveniences over any Filesystem.
Result<std::string> read_file(Filesystem& fs, const std::string& path);
/// Written beside (path + ".tmp"), synced, renamed into place, folder synced: readers see the old bytes or
/// the new ones. One writer per path at a time.
Status write_file_atomic(Filesystem& fs, const std::string& path, std::string_view bytes);

class Clock {
public:
    virtual ~Clock() = default;
    /// Wall time, UTC. May step.
    virtual Timestamp now() const = 0;
    /// Never steps back; origin arbitrary.
    virtual std::chrono::nanoseconds steady() const = 0;
};

/// Lives as long as the process.
Clock& system_clock();

/// Moves only when told to. Thread-safe.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Timestamp start);
    ~ManualClock() override;
    Timestamp now() const override;
    std::chrono::nanoseconds steady() const override;
    void advance(std::chrono::microseconds by);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Exclusive ownership of a folder by one process, kept until destruction (also by the kernel on kill -9).
class FolderLock {
public:
    /// resource_exhausted, naming the owner's pid, if another process holds it.
    static Result<FolderLock> acquire(const std::string& dir);
    FolderLock(FolderLock&&) noexcept;
    FolderLock& operator=(FolderLock&&) noexcept;
    ~FolderLock();

private:
    explicit FolderLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

}  // namespace tillstream
