#include "identity/internal/id_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/checksum.h"
#include "identity/internal/run_format.h"

namespace tillstream::identity {

std::string run_path(const std::string& dir, RunKind kind, std::uint64_t number) {
    return fmt::format("{}/{:012}.{}", dir, number, kind == RunKind::ids ? "ids" : "keys");
}

std::string texts_path(const std::string& dir, std::uint64_t number) {
    return fmt::format("{}/{:012}.texts", dir, number);
}

Result<std::shared_ptr<const IdRun>> IdRun::open(Filesystem& fs, const std::string& dir,
                                                 const RunInfo& info) {
    std::shared_ptr<IdRun> run(new IdRun(info, run_path(dir, info.kind, info.number)));
    TILLSTREAM_CHECK(run->load(fs, dir));
    return std::shared_ptr<const IdRun>(std::move(run));
}

Status IdRun::load(Filesystem& fs, const std::string& dir) {
    file_ = TILLSTREAM_TRY(fs.open(path_, {}));
    const std::string head = TILLSTREAM_TRY(read(*file_, 0, kRunHeaderBytes, "header"));
    const RunHeader header = TILLSTREAM_TRY(parse_run_header(head, path_));
    const std::uint64_t size = TILLSTREAM_TRY(file_->size());
    if (header.info != info_) return failure(Errc::corruption, path_ + ": the header is that of another run");
    blocks_ = header.blocks;
    const std::size_t fences = blocks_ * sizeof(std::uint64_t);
    if (size != header.bytes())
        return failure(Errc::corruption, path_ + ": has not the size its header says");
    const std::string fence_bytes = TILLSTREAM_TRY(read(*file_, header.fences_at(), fences, "fences"));
    filter_ = Filter::of_size(header.filter_bytes);
    TILLSTREAM_CHECK(read_into(*file_, header.filter_at(), filter_.data(), header.filter_bytes, "filter"));
    if (crc32c(fence_bytes) != header.fences_crc || crc32c(filter_.bytes()) != header.filter_crc)
        return failure(Errc::corruption, path_ + ": filter or fences have a wrong checksum");
    fences_.resize(blocks_);
    if (fences != 0) std::memcpy(fences_.data(), fence_bytes.data(), fences);
    if (info_.kind == RunKind::keys) texts_ = TILLSTREAM_TRY(fs.open(texts_path(dir, info_.number), {}));
    return {};
}

Result<std::string> IdRun::read(File& file, std::uint64_t at, std::size_t size, const char* what) const {
    std::string bytes(size, '\0');
    TILLSTREAM_CHECK(read_into(file, at, bytes.data(), size, what));
    return bytes;
}

Status IdRun::read_into(File& file, std::uint64_t at, char* to, std::size_t size, const char* what) const {
    const std::size_t got = TILLSTREAM_TRY(file.read_at(at, to, size));
    if (got == size) return {};
    return failure(Errc::corruption, fmt::format("{}: the {} is cut off", path_, what));
}

Result<std::string_view> IdRun::block(std::uint64_t number, Block& into) const {
    TILLSTREAM_CHECK(read_into(*file_, (number + 1) * kRunBlock, into.data(), kRunBlock, "block"));
    const std::string_view bytes(into.data(), into.size());
    if (!is_whole_block(bytes, info_.kind))
        return failure(Errc::corruption, fmt::format("{}: block {} has a wrong checksum", path_, number));
    return bytes;
}

Status IdRun::find(const IdHash& hash, std::vector<IdHash>& found) const {
    const auto fence = std::lower_bound(fences_.begin(), fences_.end(), hash.high);
    auto at = static_cast<std::uint64_t>(fence - fences_.begin());
    if (at > 0) --at;
    const std::size_t step = entry_bytes();
    Block room;
    for (; at < blocks_ && fences_[at] <= hash.high; ++at) {
        const std::string_view bytes = TILLSTREAM_TRY(block(at, room));
        std::size_t low = 0, high = entries_in(bytes);
        const std::size_t count = high;
        const char* entries = bytes.data() + kBlockHeaderBytes;
        const IdHash first{hash.high, hash.low & ~kTagMask};
        while (low < high) {
            const std::size_t middle = (low + high) / 2;
            if (load_hash(entries + middle * step) < first)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < count && load_hash(entries + low * step).same(hash); ++low)
            found.push_back(load_hash(entries + low * step));
    }
    return {};
}

Result<std::string> IdRun::text_at(std::string_view entry) const {
    const auto at = load_le<std::uint64_t>(entry.data() + 16);
    const auto size = load_le<std::uint32_t>(entry.data() + 24);
    std::string text = TILLSTREAM_TRY(read(*texts_, at, size, "text of a key"));
    if (crc32c(text) != load_le<std::uint32_t>(entry.data() + 28))
        return failure(Errc::corruption, path_ + ": the text of a key has a wrong checksum");
    return text;
}

Result<std::string> IdRun::text_of(const IdHash& key) const {
    const auto fence = std::lower_bound(fences_.begin(), fences_.end(), key.high);
    auto at = static_cast<std::uint64_t>(fence - fences_.begin());
    if (at > 0) --at;
    std::string newest;
    Block room;
    for (; at < blocks_ && fences_[at] <= key.high; ++at) {
        const std::string_view bytes = TILLSTREAM_TRY(block(at, room));
        const std::size_t count = entries_in(bytes);
        for (std::size_t i = 0; i < count; ++i) {
            const std::string_view entry = bytes.substr(kBlockHeaderBytes + i * entry_bytes(), entry_bytes());
            if (load_hash(entry.data()).same(key)) newest = TILLSTREAM_TRY(text_at(entry));
        }
    }
    return newest;
}

Status IdRun::check() const {
    Walk walk(*this);
    RunEntry entry;
    std::uint64_t entries = 0;
    IdHash last;
    while (TILLSTREAM_TRY(walk.next(entry))) {
        if (entry.hash < last) return failure(Errc::corruption, path_ + ": entries are not in order");
        if (!filter_.may_hold(entry.hash))
            return failure(Errc::corruption, path_ + ": the filter does not know an entry");
        last = entry.hash;
        ++entries;
    }
    if (entries == info_.entries) return {};
    return failure(Errc::corruption,
                   fmt::format("{}: holds {} entries, not {}", path_, entries, info_.entries));
}

Result<bool> IdRun::Walk::next(RunEntry& entry) {
    while (bytes_.empty() || in_block_ == entries_in(bytes_)) {
        if (block_ == run_->blocks_) return false;
        bytes_ = TILLSTREAM_TRY(run_->block(block_++, *room_));
        in_block_ = 0;
    }
    const std::size_t step = run_->entry_bytes();
    const std::string_view at = bytes_.substr(kBlockHeaderBytes + in_block_++ * step, step);
    entry.hash = load_hash(at.data());
    if (run_->texts_) entry.text = TILLSTREAM_TRY(run_->text_at(at));
    return true;
}

namespace {

/// Several runs as one, in order; of equal entries only the newest hour.
class Merge {
public:
    explicit Merge(const std::vector<RunPtr>& runs) {
        for (const RunPtr& run : runs) heads_.push_back({IdRun::Walk(*run), {}});
    }

    Status begin() {
        for (std::size_t i = heads_.size(); i-- > 0;) TILLSTREAM_CHECK(step(i));
        return {};
    }
    /// False at the end.
    Result<bool> next(RunEntry& out, Hour now) {
        if (heads_.empty()) return false;
        // Chosen without branches: which head is the least cannot be guessed.
        std::size_t least = 0;
        for (std::size_t i = 1; i < heads_.size(); ++i)
            least = heads_[i].order() < heads_[least].order() ? i : least;
        out = heads_[least].entry;
        TILLSTREAM_CHECK(step(least));
        for (std::size_t i = heads_.size(); i-- > 0;) {
            while (i < heads_.size() && equal(heads_[i].entry.hash, out.hash)) {
                if (age_of(heads_[i].entry.hash, now) <= age_of(out.hash, now)) out = heads_[i].entry;
                TILLSTREAM_CHECK(step(i));
            }
        }
        return true;
    }

private:
    struct Head {
        IdRun::Walk walk;
        RunEntry entry;
        UInt128 order() const { return UInt128{entry.hash.high} << 64 | entry.hash.low; }
    };
    /// A head at its end is gone.
    Status step(std::size_t head) {
        if (TILLSTREAM_TRY(heads_[head].walk.next(heads_[head].entry))) return {};
        heads_.erase(heads_.begin() + static_cast<std::ptrdiff_t>(head));
        return {};
    }
    static bool equal(const IdHash& a, const IdHash& b) { return a.same(b) && a.kind() == b.kind(); }

    std::vector<Head> heads_;
};

}  // namespace

Result<RunInfo> merge_runs(Filesystem& fs, const std::string& dir, const std::vector<RunPtr>& runs,
                           std::uint64_t number, Hour now, Hour keep, std::size_t filter_bits) {
    TILLSTREAM_ASSERT(!runs.empty());
    std::uint64_t entries = 0;
    Hour first = runs.front()->info().first_hour, last = runs.front()->info().last_hour;
    for (const RunPtr& run : runs) {
        entries += run->info().entries;
        first = std::min(first, run->info().first_hour);
        last = std::max(last, run->info().last_hour);
    }
    first = std::max(first, now > keep ? now - keep : 0);
    RunWriter writer =
        TILLSTREAM_TRY(RunWriter::open(fs, dir, runs.front()->info().kind, number, entries, filter_bits));
    Merge merge(runs);
    TILLSTREAM_CHECK(merge.begin());
    RunEntry entry;
    while (TILLSTREAM_TRY(merge.next(entry, now)))
        if (age_of(entry.hash, now) <= keep) TILLSTREAM_CHECK(writer.add(entry.hash, entry.text));
    return writer.finish(std::min(first, last), last);
}

}  // namespace tillstream::identity
