#include "core/memory_env.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "core/internal/errno_error.h"
#include "core/internal/path.h"

namespace tillstream {

namespace {

constexpr std::size_t kSector = 512;

tl::unexpected<Error> failed(std::string_view call, const std::string& path, int number) {
    return failure(internal::errno_error(call, path, number));
}

std::string normal(const std::string& path) {
    std::string text = std::filesystem::path(path).lexically_normal().string();
    if (text.size() > 1 && text.back() == '/') text.pop_back();
    return text.empty() ? "." : text;
}

/// A file apart from its names: what readers see, what the disk holds, and which sectors differ in between.
struct Inode {
    std::uint64_t number = 0;
    bool linked = true;
    std::string live;
    std::string durable;
    std::vector<bool> dirty;  ///< by sector; also those a truncate cut off

    void mark(std::uint64_t from, std::uint64_t to) {
        const std::size_t last = (to + kSector - 1) / kSector;
        if (dirty.size() < last) dirty.resize(last);
        for (std::size_t sector = from / kSector; sector < last; ++sector) dirty[sector] = true;
    }

    void copy_sector(std::string& into, std::size_t sector) const {
        const std::size_t start = sector * kSector;
        const std::size_t end = std::min({start + kSector, live.size(), into.size()});
        if (start < end) std::memcpy(into.data() + start, live.data() + start, end - start);
    }

    void sync() {
        durable.resize(live.size());
        for (std::size_t sector = 0; sector < dirty.size(); ++sector)
            if (dirty[sector]) copy_sector(durable, sector);
        dirty.clear();
    }

    void forget_unsynced() {
        live = durable;
        dirty.clear();
    }

    /// Each dirty sector and the size reach the disk or not.
    template <class Coin>
    void forget_some(Coin& survives) {
        std::string kept = durable;
        kept.resize(survives() ? live.size() : durable.size());
        for (std::size_t sector = 0; sector < dirty.size(); ++sector)
            if (dirty[sector] && survives()) copy_sector(kept, sector);
        durable = std::move(kept);
        forget_unsynced();
    }
};

using Names = std::map<std::string, std::shared_ptr<Inode>>;

/// One change of names that happens wholly or not at all, as in a file system's journal.
struct NameChange {
    std::optional<std::string> removed;
    std::optional<std::string> added;
    std::shared_ptr<Inode> inode;

    void apply(Names& names) const {
        if (removed) names.erase(*removed);
        if (added) names[*added] = inode;
    }
    std::vector<std::string> folders() const {
        std::vector<std::string> touched;
        if (removed) touched.push_back(internal::parent_folder(*removed));
        if (added) touched.push_back(internal::parent_folder(*added));
        return touched;
    }
};

}  // namespace

struct MemoryFilesystem::State {
    mutable std::mutex mutex;
    Names live;
    Names durable;
    std::vector<NameChange> pending;  ///< from durable to live, oldest first
    std::set<std::string> dirs{".", "/"};
    std::uint64_t free = std::uint64_t{1} << 40;
    std::uint64_t next_inode = 1;
    std::uint64_t generation = 0;  ///< crashes so far: files opened before the last one are dead

    void change(NameChange change) {
        change.apply(live);
        pending.push_back(std::move(change));
    }

    void unlink(Inode& inode) {
        inode.linked = false;
        free += inode.live.size();
    }

    Status rename(const std::string& from, const std::string& to) {
        const std::string call = "rename to '" + to + "' of";
        if (dirs.contains(from)) return failure(Errc::unsupported, call + " '" + from + "': it is a folder");
        const auto found = live.find(from);
        if (found == live.end() || !dirs.contains(internal::parent_folder(to)))
            return failed(call, from, ENOENT);
        if (dirs.contains(to)) return failed(call, from, EISDIR);
        if (from == to) return {};
        if (const auto target = live.find(to); target != live.end()) unlink(*target->second);
        change({.removed = from, .added = to, .inode = found->second});
        return {};
    }

    std::set<std::pair<std::uint64_t, std::shared_ptr<Inode>>> inodes() const {
        std::set<std::pair<std::uint64_t, std::shared_ptr<Inode>>> all;
        for (const auto& [path, inode] : live) all.emplace(inode->number, inode);
        for (const auto& [path, inode] : durable) all.emplace(inode->number, inode);
        for (const NameChange& change : pending)
            if (change.inode) all.emplace(change.inode->number, change.inode);
        return all;
    }

    void add_dirs(std::string dir) {
        for (; dirs.insert(dir).second; dir = internal::parent_folder(dir)) {
        }
    }

    /// Bytes of linked files changed hands outside write and truncate.
    template <class Change>
    void accounted(Change change) {
        for (const auto& [path, inode] : live) free += inode->live.size();
        change();
        for (const auto& [path, inode] : live) {
            inode->linked = true;
            free -= std::min<std::uint64_t>(free, inode->live.size());
        }
    }

    void lose(Loss loss, std::uint64_t seed) {
        std::mt19937_64 random(seed);
        const auto survives = [&] { return loss == Loss::random && (random() & 1) != 0; };
        const auto all = inodes();
        for (const NameChange& change : pending)
            if (survives()) change.apply(durable);
        for (const auto& [number, inode] : all) {
            inode->linked = false;
            if (loss == Loss::random) {
                inode->forget_some(survives);
            } else {
                inode->forget_unsynced();
            }
        }
        pending.clear();
        live = durable;
        // A folder removed when its last name was: the name is back, so the folder is.
        for (const auto& [path, inode] : live) add_dirs(internal::parent_folder(path));
    }
};

namespace {

template <class State>
class MemoryFile final : public File {
public:
    MemoryFile(std::shared_ptr<State> state, std::shared_ptr<Inode> inode, std::string path, OpenMode mode)
        : state_(std::move(state)),
          inode_(std::move(inode)),
          path_(std::move(path)),
          mode_(mode),
          generation_(state_->generation) {}

    Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t size) override {
        const std::lock_guard lock(state_->mutex);
        TILLSTREAM_CHECK(usable("pread", false));
        TILLSTREAM_CHECK(aligned("pread", offset, into, size));
        const std::string& bytes = inode_->live;
        if (offset >= bytes.size()) return std::size_t{0};
        const std::size_t count = std::min<std::uint64_t>(size, bytes.size() - offset);
        std::memcpy(into, bytes.data() + offset, count);
        return count;
    }

    Status write_at(std::uint64_t offset, std::string_view bytes) override {
        const std::lock_guard lock(state_->mutex);
        TILLSTREAM_CHECK(usable("pwrite", true));
        TILLSTREAM_CHECK(aligned("pwrite", offset, bytes.data(), bytes.size()));
        if (bytes.empty()) return {};
        const std::uint64_t end = offset + bytes.size();
        if (end > inode_->live.size()) TILLSTREAM_CHECK(grow("pwrite", end));
        std::memcpy(inode_->live.data() + offset, bytes.data(), bytes.size());
        inode_->mark(offset, end);
        return {};
    }

    Status sync() override {
        const std::lock_guard lock(state_->mutex);
        TILLSTREAM_CHECK(usable("fdatasync", false));
        inode_->sync();
        return {};
    }

    Status truncate(std::uint64_t size) override {
        const std::lock_guard lock(state_->mutex);
        TILLSTREAM_CHECK(usable("ftruncate", true));
        const std::uint64_t old_size = inode_->live.size();
        if (size > old_size) return grow("ftruncate", size);
        inode_->mark(size, old_size);
        inode_->live.resize(size);
        if (inode_->linked) state_->free += old_size - size;
        return {};
    }

    Result<std::uint64_t> size() override {
        const std::lock_guard lock(state_->mutex);
        TILLSTREAM_CHECK(usable("fstat", false));
        return std::uint64_t{inode_->live.size()};
    }

    bool direct() const override { return mode_.direct; }

private:
    Status usable(std::string_view call, bool writes) const {
        if (generation_ != state_->generation) return failed(call, path_, EIO);
        if (writes && !mode_.write) return failed(call, path_, EBADF);
        return {};
    }

    /// As the kernel refuses it: code that only ever ran on a forgiving fake would fail on a disk.
    Status aligned(std::string_view call, std::uint64_t offset, const void* memory, std::size_t size) const {
        const auto address = reinterpret_cast<std::uintptr_t>(memory);
        if (mode_.direct && (offset | size | address) % kSector != 0) return failed(call, path_, EINVAL);
        return {};
    }

    Status grow(std::string_view call, std::uint64_t size) {
        const std::uint64_t more = size - inode_->live.size();
        if (more > state_->free) return failed(call, path_, ENOSPC);
        if (inode_->linked) state_->free -= more;
        inode_->live.resize(size);
        return {};
    }

    std::shared_ptr<State> state_;
    std::shared_ptr<Inode> inode_;
    std::string path_;
    OpenMode mode_;
    std::uint64_t generation_;
};

}  // namespace

MemoryFilesystem::MemoryFilesystem() : state_(std::make_shared<State>()) {}
MemoryFilesystem::~MemoryFilesystem() = default;

Result<std::unique_ptr<File>> MemoryFilesystem::open(const std::string& given, OpenMode mode) {
    const std::lock_guard lock(state_->mutex);
    const std::string path = normal(given);
    if (state_->dirs.contains(path)) return failed("open", path, EISDIR);
    auto found = state_->live.find(path);
    if (found == state_->live.end()) {
        if (!mode.create || !state_->dirs.contains(internal::parent_folder(path)))
            return failed("open", path, ENOENT);
        auto inode = std::make_shared<Inode>();
        inode->number = state_->next_inode++;
        state_->change({.removed = std::nullopt, .added = path, .inode = std::move(inode)});
        found = state_->live.find(path);
    } else if (mode.exclusive) {
        return failed("open", path, EEXIST);
    }
    return std::make_unique<MemoryFile<State>>(state_, found->second, path, mode);
}

Status MemoryFilesystem::rename(const std::string& from, const std::string& to) {
    const std::lock_guard lock(state_->mutex);
    return state_->rename(normal(from), normal(to));
}

Status MemoryFilesystem::rename_new(const std::string& from, const std::string& given_to) {
    const std::lock_guard lock(state_->mutex);
    const std::string to = normal(given_to);
    if (state_->live.contains(to) || state_->dirs.contains(to))
        return failed("rename to new '" + to + "' of", from, EEXIST);
    return state_->rename(normal(from), to);
}

Status MemoryFilesystem::remove(const std::string& given) {
    const std::lock_guard lock(state_->mutex);
    const std::string path = normal(given);
    if (state_->dirs.contains(path)) {
        const auto inside = [&](const std::string& name) { return internal::parent_folder(name) == path; };
        const bool used = std::any_of(state_->dirs.begin(), state_->dirs.end(), inside) ||
                          std::any_of(state_->live.begin(), state_->live.end(),
                                      [&](const auto& entry) { return inside(entry.first); });
        if (used) return failed("remove", path, ENOTEMPTY);
        state_->dirs.erase(path);
        return {};
    }
    const auto found = state_->live.find(path);
    if (found == state_->live.end()) return failed("remove", path, ENOENT);
    state_->unlink(*found->second);
    state_->change({.removed = path, .added = std::nullopt, .inode = nullptr});
    return {};
}

Result<bool> MemoryFilesystem::exists(const std::string& given) {
    const std::lock_guard lock(state_->mutex);
    const std::string path = normal(given);
    return state_->dirs.contains(path) || state_->live.contains(path);
}

Result<std::vector<std::string>> MemoryFilesystem::list(const std::string& given) {
    const std::lock_guard lock(state_->mutex);
    const std::string dir = normal(given);
    if (!state_->dirs.contains(dir)) return failed("opendir", dir, ENOENT);
    std::vector<std::string> names;
    const auto add = [&](const std::string& path) {
        const bool itself = path == "." || path == "/";
        if (!itself && internal::parent_folder(path) == dir)
            names.push_back(path.substr(path.find_last_of('/') + 1));
    };
    for (const std::string& path : state_->dirs) add(path);
    for (const auto& [path, inode] : state_->live) add(path);
    std::sort(names.begin(), names.end());
    return names;
}

Status MemoryFilesystem::make_dirs(const std::string& given) {
    const std::lock_guard lock(state_->mutex);
    const std::string path = normal(given);
    for (std::string dir = path; dir != "." && dir != "/"; dir = internal::parent_folder(dir))
        if (state_->live.contains(dir)) return failed("mkdir", dir, ENOTDIR);
    state_->add_dirs(path);
    return {};
}

Status MemoryFilesystem::sync_dir(const std::string& given) {
    const std::lock_guard lock(state_->mutex);
    const std::string dir = normal(given);
    if (!state_->dirs.contains(dir)) return failed("fsync", dir, ENOENT);
    // A rename ties two folders together: what came before it in the other one reaches the disk with it.
    std::set<std::string> synced{dir};
    std::vector<NameChange> done;
    std::vector<NameChange> left;
    for (auto change = state_->pending.rbegin(); change != state_->pending.rend(); ++change) {
        const std::vector<std::string> folders = change->folders();
        const bool touched = std::any_of(folders.begin(), folders.end(),
                                         [&](const auto& folder) { return synced.contains(folder); });
        if (touched) synced.insert(folders.begin(), folders.end());
        (touched ? done : left).push_back(*change);
    }
    for (auto change = done.rbegin(); change != done.rend(); ++change) change->apply(state_->durable);
    state_->pending.assign(left.rbegin(), left.rend());
    return {};
}

Result<std::uint64_t> MemoryFilesystem::free_bytes(const std::string& given) {
    const std::lock_guard lock(state_->mutex);
    const std::string dir = normal(given);
    if (!state_->dirs.contains(dir)) return failed("statvfs", dir, ENOENT);
    return state_->free;
}

void MemoryFilesystem::crash(Loss loss, std::uint64_t seed) {
    const std::lock_guard lock(state_->mutex);
    ++state_->generation;
    // After kill -9 the bytes are still only in the page cache: a later power cut may take them.
    if (loss == Loss::nothing) return;
    state_->accounted([&] { state_->lose(loss, seed); });
}

Status MemoryFilesystem::flip_bit(const std::string& given, std::uint64_t byte, int bit) {
    const std::lock_guard lock(state_->mutex);
    const std::string path = normal(given);
    const auto found = state_->live.find(path);
    if (found == state_->live.end()) return failed("flip_bit", path, ENOENT);
    Inode& inode = *found->second;
    if (byte >= inode.live.size() || bit < 0 || bit > 7)
        return failure(Errc::invalid_argument, "flip_bit '" + path + "': no bit " + std::to_string(bit) +
                                                   " of byte " + std::to_string(byte));
    const auto mask = static_cast<char>(1U << static_cast<unsigned>(bit));
    inode.live[byte] = static_cast<char>(inode.live[byte] ^ mask);
    if (byte < inode.durable.size()) inode.durable[byte] = static_cast<char>(inode.durable[byte] ^ mask);
    return {};
}

void MemoryFilesystem::set_free_bytes(std::uint64_t bytes) {
    const std::lock_guard lock(state_->mutex);
    state_->free = bytes;
}

}  // namespace tillstream
