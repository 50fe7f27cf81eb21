// memory_env.h - a file system in memory that forgets unsynced bytes when told that power was lost.
#pragma once

#include <cstdint>
#include <memory>

#include "core/env.h"

namespace tillstream {

/// Thread-safe. Content and size become durable by File::sync, names (new, renamed, removed) by
/// Filesystem::sync_dir; syncing a new file does not make its name durable. Folders are durable at once;
/// renaming one is unsupported. O_DIRECT is honoured and, as on a disk, refuses offsets, sizes and memory
/// off the 512-byte sector.
class MemoryFilesystem final : public Filesystem {
public:
    MemoryFilesystem();
    ~MemoryFilesystem() override;

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status rename_new(const std::string& from, const std::string& to) override;
    Status remove(const std::string& path) override;
    Result<bool> exists(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& dir) override;
    Status make_dirs(const std::string& dir) override;
    Status sync_dir(const std::string& dir) override;
    Result<std::uint64_t> free_bytes(const std::string& dir) override;

    enum class Loss : std::uint8_t {
        nothing,  ///< as kill -9: every write survives, still unsynced: a later crash may take it
        all,      ///< every unsynced write and name is gone
        random,   ///< each unsynced 512-byte sector and name survives or not, by `seed`
    };
    /// Power cut: open File objects fail from now on with io. Then the folder can be opened anew.
    void crash(Loss loss, std::uint64_t seed = 0);

    /// Flips one bit of the file, synced.
    Status flip_bit(const std::string& path, std::uint64_t byte, int bit);
    /// From now on files can grow by so much in all; what they give up is free again. 1 TiB at first.
    void set_free_bytes(std::uint64_t bytes);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace tillstream
