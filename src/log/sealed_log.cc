#include "log/internal/sealed_log.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/assert.h"

namespace tillstream::journal {

namespace {

/// Raw bytes of an object in groups before `next`. Groups are not indexed: take them as equally large.
std::uint64_t share_before(const CutObject& object, Lsn from, Lsn next) {
    if (object.last_group < next) return object.raw_bytes;
    const double share = static_cast<double>(next.value - from.value) /
                         static_cast<double>(object.last_group.value + 1 - from.value);
    return static_cast<std::uint64_t>(share * static_cast<double>(object.raw_bytes));
}

}  // namespace

SealedLog::SealedLog(Filesystem& fs, std::string dir, CutsData data, Lsn begin,
                     const std::vector<SourceEnd>& base)
    : fs_(fs), dir_(std::move(dir)), begin_(begin), data_(std::move(data)) {
    // What the journal had lost before anything was sealed is gone like what retention took.
    if (data_.passes.empty() && data_.removed.empty())
        for (const SourceEnd& end : base)
            if (end.next.value != 0) data_.removed.push_back({end.source, end.next, Lsn{begin.value - 1}});
    index();
}

/// Of done passes.
void SealedLog::index() {
    raw_before_.clear();
    raw_total_ = 0;
    for (const PassPtr& pass : data_.passes) {
        raw_before_.push_back(raw_total_);
        if (!pass->done) continue;
        raw_total_ += pass->raw_bytes();
    }
}

Status SealedLog::store(CutsData next) {
    ++next.version;
    TILLSTREAM_CHECK(store_cuts(fs_, dir_, next));
    const std::lock_guard lock(mutex_);
    data_ = std::move(next);
    index();
    return {};
}

PassPtr SealedLog::unfinished() const {
    const std::lock_guard lock(mutex_);
    if (data_.passes.empty() || data_.passes.back()->done) return nullptr;
    return data_.passes.back();
}

std::uint64_t SealedLog::next_number() const {
    const std::lock_guard lock(mutex_);
    return data_.passes.empty() ? 1 : data_.passes.back()->number + 1;
}

Status SealedLog::record(Pass pass) {
    TILLSTREAM_ASSERT(!pass.done && pass.from < pass.to);
    CutsData next = data_;
    if (!next.passes.empty() && !next.passes.back()->done) next.passes.pop_back();
    TILLSTREAM_ASSERT(next.passes.empty() || next.passes.back()->to == pass.from);
    next.passes.push_back(std::make_shared<const Pass>(std::move(pass)));
    return store(std::move(next));
}

Status SealedLog::finish(bool pinned) {
    CutsData next = data_;
    TILLSTREAM_ASSERT(!next.passes.empty() && !next.passes.back()->done);
    Pass done = *next.passes.back();
    done.done = true;
    done.pinned = pinned;
    next.passes.back() = std::make_shared<const Pass>(std::move(done));
    return store(std::move(next));
}

Status SealedLog::mark_removed(const std::vector<CutObject>& objects) {
    CutsData next = data_;
    std::set<std::pair<SourceId, Offset>> gone;
    for (const CutObject& object : objects) {
        gone.emplace(object.source, object.first);
        auto range = std::find_if(next.removed.begin(), next.removed.end(),
                                  [&](const RemovedRange& r) { return r.source == object.source; });
        if (range == next.removed.end())
            range = next.removed.insert(range, RemovedRange{object.source, {}, {}});
        range->earliest = std::max(range->earliest, Offset{object.last.value + 1});
        range->last_group = std::max(range->last_group, object.last_group);
    }
    for (PassPtr& pass : next.passes) {
        Pass changed = *pass;
        for (CutObject& object : changed.objects)
            if (gone.contains({object.source, object.first})) object.removed = true;
        if (changed != *pass) pass = std::make_shared<const Pass>(std::move(changed));
    }
    return store(std::move(next));
}

Status SealedLog::forget_removed() {
    CutsData next = data_;
    for (PassPtr& pass : next.passes) {
        Pass changed = *pass;
        std::erase_if(changed.objects, [](const CutObject& object) { return object.removed; });
        if (changed != *pass) pass = std::make_shared<const Pass>(std::move(changed));
    }
    // The last pass stays: it says how far the log is sealed.
    while (next.passes.size() > 1 && next.passes.front()->objects.empty() &&
           next.passes.front()->gaps.empty())
        next.passes.erase(next.passes.begin());
    return store(std::move(next));
}

Lsn SealedLog::sealed() const {
    const std::lock_guard lock(mutex_);
    return sealed_to();
}

Lsn SealedLog::sealed_to() const {
    if (data_.passes.empty()) return begin_;
    const Pass& last = *data_.passes.back();
    return last.done ? last.to : last.from;
}

std::size_t SealedLog::index_for(Lsn next) const {
    const auto found = std::upper_bound(data_.passes.begin(), data_.passes.end(), next,
                                        [](Lsn lsn, const PassPtr& pass) { return lsn < pass->to; });
    return static_cast<std::size_t>(found - data_.passes.begin());
}

PassPtr SealedLog::pass_for(Lsn next) const {
    const std::lock_guard lock(mutex_);
    const std::size_t i = index_for(next);
    return i < data_.passes.size() && data_.passes[i]->done ? data_.passes[i] : nullptr;
}

SealedStart SealedLog::find(SourceId source, Offset offset) const {
    const std::lock_guard lock(mutex_);
    SealedStart start;
    start.sealed = sealed_to();
    for (const PassPtr& pass : data_.passes) {
        if (!pass->done) break;
        for (const CutGap& gap : pass->gaps)
            if (gap.source == source && gap.to > offset) start.gaps.push_back(gap);
        // In the order of their hours, so of one source's offsets.
        const auto found =
            std::find_if(pass->objects.begin(), pass->objects.end(), [&](const CutObject& object) {
                return object.source == source && !object.removed && offset <= object.last;
            });
        if (found == pass->objects.end()) continue;
        start.pass = pass;
        start.object = *found;
        break;
    }
    return start;
}

std::vector<PassPtr> SealedLog::passes() const {
    const std::lock_guard lock(mutex_);
    return data_.passes;
}

std::vector<RemovedRange> SealedLog::removed() const {
    const std::lock_guard lock(mutex_);
    return data_.removed;
}

std::optional<RemovedRange> SealedLog::removed(SourceId source) const {
    const std::lock_guard lock(mutex_);
    for (const RemovedRange& range : data_.removed)
        if (range.source == source) return range;
    return std::nullopt;
}

std::vector<SourceEnd> SealedLog::ends() const {
    const std::lock_guard lock(mutex_);
    return ends_of(data_);
}

std::uint64_t SealedLog::bytes_behind(const ReadPlace& place) const {
    const std::lock_guard lock(mutex_);
    const std::size_t i = index_for(place.at.next);
    if (i >= data_.passes.size()) return 0;
    const Pass& pass = *data_.passes[i];
    std::uint64_t before = raw_before_[i];
    if (place.sealed) {
        for (const CutObject& object : pass.objects)
            if (!object.removed && object.key() < place.sealed->key) before += object.raw_bytes;
    } else if (place.at.next > pass.from) {
        for (const CutObject& object : pass.objects)
            if (!object.removed) before += share_before(object, pass.from, place.at.next);
    }
    return raw_total_ - std::min(raw_total_, before);
}

bool SealedLog::pins(Lsn first, Lsn last) const {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = index_for(first); i < data_.passes.size() && data_.passes[i]->from <= last; ++i)
        if (data_.passes[i]->pinned) return true;
    return false;
}

}  // namespace tillstream::journal
