// fault_env.h - a file system that fails the n-th call of a kind; wraps any other.
#pragma once

#include <cstdint>
#include <memory>

#include "core/env.h"

namespace tillstream {

enum class FileCall : std::uint8_t { open, read, write, sync, truncate, rename, remove, sync_dir, any };

/// Thread-safe. Calls that FileCall does not name (exists, list, make_dirs, sizes) are neither counted nor
/// failed.
class FaultFilesystem final : public Filesystem {
public:
    explicit FaultFilesystem(Filesystem& base);
    ~FaultFilesystem() override;

    /// The call number `nth` (from 1, counted from now) of this kind fails with `error`; `sticky` fails all
    /// later ones too. A failed write has written a random prefix (seeded by nth).
    void fail(FileCall call, std::uint64_t nth, Error error, bool sticky = false);
    /// No more faults.
    void heal();
    /// Calls of this kind since construction.
    std::uint64_t calls(FileCall call) const;

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    Status rename(const std::string& from, const std::string& to) override;
    /// Counts as FileCall::rename.
    Status rename_new(const std::string& from, const std::string& to) override;
    Status remove(const std::string& path) override;
    Result<bool> exists(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& dir) override;
    Status make_dirs(const std::string& dir) override;
    Status sync_dir(const std::string& dir) override;
    Result<std::uint64_t> free_bytes(const std::string& dir) override;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace tillstream
