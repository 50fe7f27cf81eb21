#include "log/internal/pass_builder.h"

#include <algorithm>

namespace tillstream::journal {

namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::size_t kReasonBytes = 200;

}  // namespace

PassBuilder::PassBuilder(const LogUuid& log, SourceList sources, Lsn from, const std::vector<SourceEnd>& ends,
                         std::vector<CutObject> kept, PassLimits limits)
    : log_(log), list_sources_(std::move(sources)), kept_(std::move(kept)), limits_(limits) {
    pass_.from = from;
    for (const SourceEnd& end : ends) next_[end.source] = end.next;
    for (const CutObject& object : kept_) closed_.emplace_back(object, std::string());
}

Result<BuiltPass> PassBuilder::build(Filesystem& fs, const Published& published) {
    JournalReader reader(fs, published, log_, Cursor{pass_.from, 0}, ReadFrom::nearest);
    for (;;) {
        Published::End end;
        LogRead piece;
        {
            const Published::Pin pin(published);
            piece = TILLSTREAM_TRY(reader.read(kPieceBytes));
            end = published.end();
        }
        reported_.insert(reported_.end(), piece.gaps.begin(), piece.gaps.end());
        for (const LogBatch& batch : piece.batches)
            if (!TILLSTREAM_TRY(take(batch))) return finish(limits_.to.value_or(batch.lsn));
        if (!piece.batches.empty()) continue;
        // More may have been published between the read and the look at the end.
        if (reader.place().next.value != end.last.value + 1) continue;
        compare_ends(end);
        return finish(limits_.to.value_or(reader.place().next));
    }
}

/// False if the pass ends before this batch. It ends only between two groups.
Result<bool> PassBuilder::take(const LogBatch& batch) {
    if (batch.lsn != place_.next) {
        if (ends_before(batch)) {
            next_arrival_ = batch.arrived;
            limited_ = true;
            return false;
        }
        place_ = Cursor{batch.lsn, 0};
    } else {
        ++place_.batch;
    }
    TILLSTREAM_CHECK(add(batch));
    return true;
}

bool PassBuilder::ends_before(const LogBatch& batch) const {
    if (limits_.to) return batch.lsn >= *limits_.to;
    return over_ || (limits_.before && batch.arrived >= *limits_.before) ||
           (limits_.asked && batch.lsn > *limits_.asked);
}

Status PassBuilder::add(const LogBatch& batch) {
    Offset& next = next_[batch.source];
    if (batch.base > next) {
        TILLSTREAM_CHECK(close(batch.source));
        note_missing(batch.source, next, batch.base, batch.lsn);
    }
    next = std::max(next, batch.end());
    if (kept_with(batch) != nullptr) return close(batch.source);
    CutObject& cut = *TILLSTREAM_TRY(write(batch));
    cut.last = Offset{batch.end().value - 1};
    cut.last_arrived = batch.arrived;
    cut.last_group = batch.lsn;
    cut.raw_bytes += batch.records->values.size();
    const std::uint64_t bytes = volume_of(batch);
    std::uint64_t& volume = volumes_[batch.source];
    volume += bytes;
    volume_ += bytes;
    over_ = over_ || volume >= limits_.volume.source_bytes || volume_ >= limits_.volume.total_bytes;
    return {};
}

/// Into the open object of the batch's source, or a new one if the batch does not go there.
Result<CutObject*> PassBuilder::write(const LogBatch& batch) {
    const auto open = open_.find(batch.source);
    const bool goes_on = open != open_.end() && open->second.cut.hour == hour_of(batch.arrived) &&
                         open->second.cut.kind == batch.kind;
    if (goes_on) {
        Status added = open->second.writer.add(batch, place_);
        if (added) return &open->second.cut;
        // Its index is full; an empty one has room for any request.
        if (added.error().code != Errc::resource_exhausted) return failure(std::move(added).error());
    }
    TILLSTREAM_CHECK(close(batch.source));
    Open* const fresh = TILLSTREAM_TRY(open_object(batch));
    TILLSTREAM_CHECK(fresh->writer.add(batch, place_));
    return &fresh->cut;
}

Result<PassBuilder::Open*> PassBuilder::open_object(const LogBatch& batch) {
    if (batch.source.value > sources_.size()) sources_ = list_sources_();
    if (batch.source.value == 0 || batch.source.value > sources_.size())
        return failure(Errc::corruption, "the journal holds records of a source nobody registered");
    CutObject cut;
    cut.source = batch.source;
    cut.kind = batch.kind;
    cut.hour = hour_of(batch.arrived);
    cut.first = batch.base;
    SealedObjectWriter writer(log_, sources_[batch.source.value - 1], cut.hour, cut.kind,
                              limits_.index_bytes);
    return &open_.emplace(batch.source, Open{std::move(writer), cut}).first->second;
}

const CutObject* PassBuilder::kept_with(const LogBatch& batch) const {
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const CutObject& object) {
        return object.source == batch.source && object.first <= batch.base && batch.base <= object.last;
    });
    return found == kept_.end() ? nullptr : &*found;
}

Status PassBuilder::close(SourceId source) {
    const auto open = open_.find(source);
    if (open == open_.end()) return {};
    std::string bytes = TILLSTREAM_TRY(open->second.writer.finish());
    open->second.cut.stored_bytes = bytes.size();
    closed_.emplace_back(open->second.cut, std::move(bytes));
    open_.erase(open);
    return {};
}

/// What an object in the store holds is not missing.
void PassBuilder::note_missing(SourceId source, Offset from, Offset to, Lsn seen) {
    for (const CutObject& object : kept_) {
        if (object.source != source || object.last < from || object.first >= to) continue;
        if (from < object.first) note_missing(source, from, object.first, seen);
        const Offset behind{object.last.value + 1};
        if (behind < to) note_missing(source, behind, to, seen);
        return;
    }
    std::string reason = "records are missing between two groups";
    for (const Gap& gap : reported_)
        if (gap.source == source && gap.from < to && from < gap.to) reason = gap.reason;
    reason.resize(std::min(reason.size(), kReasonBytes));
    pass_.gaps.push_back({source, from, to, seen, std::move(reason)});
}

/// What is missing at the very end no later batch reveals.
void PassBuilder::compare_ends(const Published::End& end) {
    if (limits_.to && *limits_.to <= end.last) return;
    for (const SourceEnd& source : end.sources) {
        Offset& next = next_[source.source];
        if (source.next > next) note_missing(source.source, next, source.next, end.last);
        next = std::max(next, source.next);
    }
}

Result<BuiltPass> PassBuilder::finish(Lsn to) {
    while (!open_.empty()) TILLSTREAM_CHECK(close(open_.begin()->first));
    std::sort(closed_.begin(), closed_.end(),
              [](const auto& a, const auto& b) { return a.first.key() < b.first.key(); });
    pass_.to = to;
    pass_.pinned = !pass_.gaps.empty();
    BuiltPass built;
    for (auto& [cut, bytes] : closed_) {
        pass_.objects.push_back(cut);
        built.objects.push_back(std::move(bytes));
    }
    built.pass = std::move(pass_);
    built.volumes.assign(volumes_.begin(), volumes_.end());
    built.next_arrival = next_arrival_;
    built.limited = limited_;
    return built;
}

}  // namespace tillstream::journal
