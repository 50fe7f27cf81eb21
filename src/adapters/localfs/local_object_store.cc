#include "adapters/localfs/local_object_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <set>

#include "adapters/localfs/internal/folder_walk.h"

namespace tillstream {

namespace {

/// Folders remembered as durable; beyond that they are synced once more.
constexpr std::size_t kKnownFolders = 4096;

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

struct LocalObjectStore::State {
    Filesystem& fs;
    const std::string root;
    const std::vector<std::string> areas;  ///< sorted
    const std::string unfinished;          ///< folder of files that have no name yet
    std::atomic<std::uint64_t> next_unfinished{1};

    std::mutex mutex;
    std::set<std::string> durable_folders;  ///< since this store was opened
    std::optional<Error> failed_sync;

    State(Filesystem& files, std::string folder, std::vector<std::string> parts)
        : fs(files), root(std::move(folder)), areas(std::move(parts)), unfinished(root + "/.put") {}

    Result<std::string> path_of(std::string_view name) const {
        TILLSTREAM_CHECK(check_object_name(name));
        const std::string_view area = name.substr(0, name.find('/'));
        if (!std::binary_search(areas.begin(), areas.end(), area))
            return failure(Errc::invalid_argument,
                           fmt::format("object name '{}' lies in no area of this store; they are {}", name,
                                       fmt::join(areas, ", ")));
        return root + '/' + std::string(name);
    }

    Result<std::unique_ptr<File>> open_object(const std::string& path, std::string_view name) const;
    Status write_unfinished(const std::string& path, std::string_view bytes) const;
    Result<PutOutcome> publish(const std::string& from, const std::string& path);
    Status make_durable(const std::string& folder);
    Status settle(const std::string& folder);
    Status check_working();
};

/// A folder of that name, or a file where the name has a folder, is no object.
Result<std::unique_ptr<File>> LocalObjectStore::State::open_object(const std::string& path,
                                                                   std::string_view name) const {
    auto file = fs.open(path, {});
    if (file) return file;
    const bool absent = file.error().code == Errc::not_found || TILLSTREAM_TRY(is_folder(fs, path)) ||
                        !TILLSTREAM_TRY(fs.exists(path));
    if (absent) return failure(Errc::not_found, fmt::format("no object '{}' in {}", name, root));
    return file;
}

Status LocalObjectStore::State::write_unfinished(const std::string& path, std::string_view bytes) const {
    const auto file = TILLSTREAM_TRY(fs.open(path, {.write = true, .create = true, .exclusive = true}));
    TILLSTREAM_CHECK(file->write_at(0, bytes));
    return file->sync();
}

Status LocalObjectStore::State::check_working() {
    const std::lock_guard lock(mutex);
    if (failed_sync) return failure(*failed_sync);
    return {};
}

/// The folder and all above it up to the root. Also those that were there already: a process that was killed
/// may have made them without syncing.
Status LocalObjectStore::State::make_durable(const std::string& folder) {
    for (std::string dir = folder; dir.size() > root.size(); dir = folder_of(dir)) {
        {
            const std::lock_guard lock(mutex);
            if (dir != folder && durable_folders.contains(dir)) return {};
        }
        TILLSTREAM_CHECK(fs.sync_dir(dir));
    }
    return fs.sync_dir(root);
}

/// Whatever fails here may have happened or not.
Status LocalObjectStore::State::settle(const std::string& folder) {
    const Status synced = make_durable(folder);
    const std::lock_guard lock(mutex);
    // Nothing was synced for want of a descriptor: the next put or remove syncs it all.
    if (!synced && synced.error().code == Errc::unavailable)
        return failure(Errc::outcome_unknown, synced.error().message);
    if (!synced) {
        failed_sync = Error{Errc::io, fmt::format("the object store in {} changes nothing any more until the "
                                                  "program is started anew: {}",
                                                  root, synced.error().message)};
        return failure(Errc::outcome_unknown, synced.error().message);
    }
    if (durable_folders.size() >= kKnownFolders) durable_folders.clear();
    for (std::string dir = folder; dir.size() > root.size(); dir = folder_of(dir))
        durable_folders.insert(dir);
    return {};
}

/// Gives the file its name. One that had the name already becomes durable as well: its put may still be under
/// way, or have been cut off by a kill.
Result<PutOutcome> LocalObjectStore::State::publish(const std::string& from, const std::string& path) {
    TILLSTREAM_CHECK(fs.make_dirs(folder_of(path)));
    const Status renamed = fs.rename_new(from, path);
    if (!renamed && renamed.error().code != Errc::already_exists) return failure(renamed.error());
    TILLSTREAM_CHECK(settle(folder_of(path)));
    return renamed ? PutOutcome::created : PutOutcome::present;
}

LocalObjectStore::LocalObjectStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
LocalObjectStore::~LocalObjectStore() = default;

Result<std::unique_ptr<LocalObjectStore>> LocalObjectStore::open(Filesystem& fs, std::string root,
                                                                 std::vector<std::string> areas) {
    while (root.size() > 1 && root.back() == '/') root.pop_back();
    std::sort(areas.begin(), areas.end());
    auto state = std::make_unique<State>(fs, std::move(root), std::move(areas));
    TILLSTREAM_CHECK(fs.make_dirs(state->unfinished));
    for (const std::string& left : TILLSTREAM_TRY(fs.list(state->unfinished)))
        TILLSTREAM_CHECK(fs.remove(state->unfinished + '/' + left));
    return std::unique_ptr<LocalObjectStore>(new LocalObjectStore(std::move(state)));
}

std::unique_ptr<LocalObjectStore> LocalObjectStore::open_for_reading(Filesystem& fs, std::string root,
                                                                     std::vector<std::string> areas) {
    while (root.size() > 1 && root.back() == '/') root.pop_back();
    std::sort(areas.begin(), areas.end());
    auto state = std::make_unique<State>(fs, std::move(root), std::move(areas));
    state->failed_sync = Error{Errc::permission_denied, "this object store was opened for reading"};
    return std::unique_ptr<LocalObjectStore>(new LocalObjectStore(std::move(state)));
}

Result<PutOutcome> LocalObjectStore::put_if_absent(std::string_view name, std::string_view bytes) {
    const std::string path = TILLSTREAM_TRY(state_->path_of(name));
    TILLSTREAM_CHECK(state_->check_working());
    const std::string beside = fmt::format("{}/{}", state_->unfinished, state_->next_unfinished++);
    const Status written = state_->write_unfinished(beside, bytes);
    Result<PutOutcome> outcome = written ? state_->publish(beside, path) : failure(written.error());
    // The outcome counts; a file that cannot be removed now goes at the next open.
    if (!outcome || *outcome == PutOutcome::present) static_cast<void>(state_->fs.remove(beside));
    return outcome;
}

Result<std::string> LocalObjectStore::get(std::string_view name, std::uint64_t offset, std::size_t size) {
    const std::string path = TILLSTREAM_TRY(state_->path_of(name));
    const auto file = TILLSTREAM_TRY(state_->open_object(path, name));
    const std::uint64_t held = TILLSTREAM_TRY(file->size());
    std::string bytes(std::min<std::uint64_t>(size, held - std::min(offset, held)), '\0');
    if (!bytes.empty()) bytes.resize(TILLSTREAM_TRY(file->read_at(offset, bytes.data(), bytes.size())));
    return bytes;
}

Result<ObjectInfo> LocalObjectStore::info(std::string_view name) {
    const std::string path = TILLSTREAM_TRY(state_->path_of(name));
    const auto file = TILLSTREAM_TRY(state_->open_object(path, name));
    return ObjectInfo{std::string(name), TILLSTREAM_TRY(file->size())};
}

Result<std::vector<ObjectInfo>> LocalObjectStore::list(std::string_view prefix, std::string_view after,
                                                       std::size_t limit) {
    FolderWalk walk(state_->fs, state_->root, prefix, after, limit);
    for (const std::string& area : state_->areas) TILLSTREAM_CHECK(walk.visit(area));
    return std::move(walk.found());
}

Status LocalObjectStore::remove(std::string_view name) {
    const std::string path = TILLSTREAM_TRY(state_->path_of(name));
    TILLSTREAM_CHECK(state_->check_working());
    const auto file = state_->open_object(path, name);
    if (!file && file.error().code != Errc::not_found) return failure(file.error());
    const Status removed = file ? state_->fs.remove(path) : Status{};
    if (!removed && removed.error().code != Errc::not_found) return removed;
    // Also of one that is gone already: its removal may have been cut off by a kill.
    const std::string folder = folder_of(path);
    return TILLSTREAM_TRY(is_folder(state_->fs, folder)) ? state_->settle(folder) : Status{};
}

}  // namespace tillstream
