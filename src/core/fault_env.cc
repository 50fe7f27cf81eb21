#include "core/fault_env.h"

#include <array>
#include <mutex>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "core/bytes.h"

namespace tillstream {

struct FaultFilesystem::State {
    struct Fault {
        FileCall call;
        std::uint64_t at;  ///< in calls of its kind since construction
        Error error;
        bool sticky;
        std::uint64_t seed;
    };
    struct Struck {
        Error error;
        std::uint64_t seed;
    };

    explicit State(Filesystem& fs) : base(fs) {}

    /// Counts the call; the fault it runs into, if any.
    std::optional<Struck> count(FileCall call) {
        const std::lock_guard lock(mutex);
        ++counts[index(call)];
        ++counts[index(FileCall::any)];
        for (const Fault& fault : faults) {
            if (fault.call != call && fault.call != FileCall::any) continue;
            const std::uint64_t now = counts[index(fault.call)];
            if (now == fault.at || (fault.sticky && now > fault.at)) return Struck{fault.error, fault.seed};
        }
        return std::nullopt;
    }

    Status check(FileCall call) {
        if (auto struck = count(call)) return failure(std::move(struck->error));
        return {};
    }

    static std::size_t index(FileCall call) { return static_cast<std::size_t>(call); }

    Filesystem& base;
    mutable std::mutex mutex;
    std::array<std::uint64_t, static_cast<std::size_t>(FileCall::any) + 1> counts{};
    std::vector<Fault> faults;
};

namespace {

template <class State>
class FaultFile final : public File {
public:
    FaultFile(std::shared_ptr<State> state, std::unique_ptr<File> base)
        : state_(std::move(state)), base_(std::move(base)) {}

    Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t size) override {
        TILLSTREAM_CHECK(state_->check(FileCall::read));
        return base_->read_at(offset, into, size);
    }
    Status write_at(std::uint64_t offset, std::string_view bytes) override {
        if (auto struck = state_->count(FileCall::write)) {
            write_prefix(offset, bytes, struck->seed);
            return failure(std::move(struck->error));
        }
        return base_->write_at(offset, bytes);
    }
    Status sync() override {
        TILLSTREAM_CHECK(state_->check(FileCall::sync));
        return base_->sync();
    }
    Status truncate(std::uint64_t size) override {
        TILLSTREAM_CHECK(state_->check(FileCall::truncate));
        return base_->truncate(size);
    }
    Result<std::uint64_t> size() override { return base_->size(); }
    bool direct() const override { return base_->direct(); }

private:
    void write_prefix(std::uint64_t offset, std::string_view bytes, std::uint64_t seed) {
        std::size_t length = std::mt19937_64(seed)() % (bytes.size() + 1);
        if (base_->direct()) length -= length % AlignedBuffer::kAlignment;
        // The caller hears of the injected error; whether the prefix itself arrived is part of the
        // uncertainty.
        static_cast<void>(base_->write_at(offset, bytes.substr(0, length)));
    }

    std::shared_ptr<State> state_;
    std::unique_ptr<File> base_;
};

}  // namespace

FaultFilesystem::FaultFilesystem(Filesystem& base) : state_(std::make_shared<State>(base)) {}
FaultFilesystem::~FaultFilesystem() = default;

void FaultFilesystem::fail(FileCall call, std::uint64_t nth, Error error, bool sticky) {
    const std::lock_guard lock(state_->mutex);
    const std::uint64_t at = state_->counts[State::index(call)] + nth;
    state_->faults.push_back({call, at, std::move(error), sticky, nth});
}

void FaultFilesystem::heal() {
    const std::lock_guard lock(state_->mutex);
    state_->faults.clear();
}

std::uint64_t FaultFilesystem::calls(FileCall call) const {
    const std::lock_guard lock(state_->mutex);
    return state_->counts[State::index(call)];
}

Result<std::unique_ptr<File>> FaultFilesystem::open(const std::string& path, OpenMode mode) {
    TILLSTREAM_CHECK(state_->check(FileCall::open));
    return std::make_unique<FaultFile<State>>(state_, TILLSTREAM_TRY(state_->base.open(path, mode)));
}

Status FaultFilesystem::rename(const std::string& from, const std::string& to) {
    TILLSTREAM_CHECK(state_->check(FileCall::rename));
    return state_->base.rename(from, to);
}

Status FaultFilesystem::rename_new(const std::string& from, const std::string& to) {
    TILLSTREAM_CHECK(state_->check(FileCall::rename));
    return state_->base.rename_new(from, to);
}

Status FaultFilesystem::remove(const std::string& path) {
    TILLSTREAM_CHECK(state_->check(FileCall::remove));
    return state_->base.remove(path);
}

Result<bool> FaultFilesystem::exists(const std::string& path) { return state_->base.exists(path); }

Result<std::vector<std::string>> FaultFilesystem::list(const std::string& dir) {
    return state_->base.list(dir);
}

Status FaultFilesystem::make_dirs(const std::string& dir) { return state_->base.make_dirs(dir); }

Status FaultFilesystem::sync_dir(const std::string& dir) {
    TILLSTREAM_CHECK(state_->check(FileCall::sync_dir));
    return state_->base.sync_dir(dir);
}

Result<std::uint64_t> FaultFilesystem::free_bytes(const std::string& dir) {
    return state_->base.free_bytes(dir);
}

}  // namespace tillstream
