// id_run.h - a sealed run of ids: sorted in a file, with a filter and fences that are read at open.
//
// Form:       docs/formats/dedup.md. A run of keys also has texts, one for each key, in a file beside it.
// Lifecycle:  written once (RunWriter), under a name nobody reads yet; then immutable. An IdRun keeps its
//             file open, so that it can be asked on while a merge has removed the name.
// Threads:    IdRun: any. RunWriter: one.
// Cost:       find: one memory access for most ids that are not there, else one block of 4 KiB read.
// Errors:     corruption names the file and what does not hold; io.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/env.h"
#include "core/result.h"
#include "identity/internal/filter.h"
#include "identity/internal/id_hash.h"

namespace tillstream::identity {

inline constexpr std::size_t kRunBlock = 4096;
inline constexpr std::size_t kRunHeaderBytes = 96;

enum class RunKind : std::uint8_t { ids = 0, keys = 1 };

/// What the list of runs says of one.
struct RunInfo {
    std::uint64_t number = 0;
    RunKind kind = RunKind::ids;
    std::uint64_t entries = 0;
    Hour first_hour = 0;
    Hour last_hour = 0;
    friend bool operator==(const RunInfo&, const RunInfo&) = default;
};

/// An entry of a run; `text` only in runs of keys.
struct RunEntry {
    IdHash hash;
    std::string text;
};

std::string run_path(const std::string& dir, RunKind kind, std::uint64_t number);
std::string texts_path(const std::string& dir, std::uint64_t number);

class RunWriter {
public:
    /// `expected` is at least the number of entries that follow; `filter_bits` of the filter for each.
    static Result<RunWriter> open(Filesystem& fs, const std::string& dir, RunKind kind, std::uint64_t number,
                                  std::uint64_t expected, std::size_t filter_bits = Filter::kBitsPerId);
    RunWriter(RunWriter&&) noexcept;
    RunWriter& operator=(RunWriter&&) noexcept;
    ~RunWriter();

    /// In rising order of hash; of equal ones the later replaces nothing: do not give them twice.
    Status add(const IdHash& hash, std::string_view text = {});
    /// Everything on stable storage under its own name.
    Result<RunInfo> finish(Hour first, Hour last);

private:
    struct State;
    explicit RunWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

class IdRun {
public:
    static Result<std::shared_ptr<const IdRun>> open(Filesystem& fs, const std::string& dir,
                                                     const RunInfo& info);

    const RunInfo& info() const { return info_; }
    std::size_t memory_bytes() const { return filter_.bytes().size() + fences_.size() * 8; }
    const Filter& filter() const { return filter_; }

    /// Adds to `found` every entry of that hash, whatever its kind. The filter is not asked.
    Status find(const IdHash& hash, std::vector<IdHash>& found) const;
    /// The text of a key: of its newest entry. Empty if it is not there.
    Result<std::string> text_of(const IdHash& key) const;
    /// Reads every block and text.
    Status check() const;

    using Block = std::array<char, kRunBlock>;

    /// Entries in order.
    class Walk {
    public:
        explicit Walk(const IdRun& run) : run_(&run) {}
        /// False at the end.
        Result<bool> next(RunEntry& entry);

    private:
        const IdRun* run_;
        std::uint64_t block_ = 0;
        std::size_t in_block_ = 0;
        std::unique_ptr<Block> room_ = std::make_unique_for_overwrite<Block>();
        std::string_view bytes_;  ///< in room_
    };

private:
    IdRun(const RunInfo& info, std::string path) : info_(info), path_(std::move(path)) {}
    Status load(Filesystem& fs, const std::string& dir);
    Result<std::string> read(File& file, std::uint64_t at, std::size_t size, const char* what) const;
    Status read_into(File& file, std::uint64_t at, char* to, std::size_t size, const char* what) const;
    Result<std::string_view> block(std::uint64_t number, Block& into) const;
    Result<std::string> text_at(std::string_view entry) const;
    std::size_t entry_bytes() const { return info_.kind == RunKind::ids ? 16 : 32; }

    RunInfo info_;
    std::string path_;
    std::uint64_t blocks_ = 0;
    std::unique_ptr<File> file_;
    std::unique_ptr<File> texts_;
    Filter filter_;
    std::vector<std::uint64_t> fences_;  ///< high half of each block's first hash
};

using RunPtr = std::shared_ptr<const IdRun>;

/// One run out of several, without what is older than `keep` hours at `now`. Of equal entries the newest.
Result<RunInfo> merge_runs(Filesystem& fs, const std::string& dir, const std::vector<RunPtr>& runs,
                           std::uint64_t number, Hour now, Hour keep,
                           std::size_t filter_bits = Filter::kBitsPerId);

}  // namespace tillstream::identity
