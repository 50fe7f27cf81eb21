#include <fmt/format.h>

#include <algorithm>

#include "log/internal/sealed_frames.h"
#include "log/internal/sealed_index.h"

namespace tillstream::journal {

struct SealedObjectReader::Parts {
    std::string name;
    SealedIndex index;
    SealedFrames frames;
    std::uint32_t at = 0;            ///< ordinal of the next record
    std::optional<Offset> expected;  ///< its offset, if nothing is missing in the object; not after a seek
    std::vector<Gap> gaps;           ///< found, not given yet

    Parts(std::string named, SealedIndex whole, const ReadBytes& read)
        : name(std::move(named)), index(std::move(whole)), frames(read, index) {}

    void seek_batch(std::size_t batch);
    void note_hole(const SealedBatchEntry& batch);
    void lose(std::uint32_t to, const std::string& reason);
    Result<std::optional<SealedBatch>> take(std::size_t batch);
    Status collect(std::size_t batch, std::uint32_t& upto, RecordBlock& block);
    SealedBatch make_batch(std::size_t batch, std::uint32_t upto, RecordBlock block);
    Gap gap(Offset from, Offset to, const std::string& reason) const {
        return {index.id().source.id, from, to, fmt::format("{}: {}", name, reason)};
    }
};

void SealedObjectReader::Parts::seek_batch(std::size_t batch) {
    const bool behind = batch >= index.batches().size();
    at = behind ? index.records() : index.batches()[batch].first_ordinal;
    expected.reset();
    gaps.clear();
}

void SealedObjectReader::Parts::note_hole(const SealedBatchEntry& batch) {
    if (at == batch.first_ordinal && expected && batch.base > *expected)
        gaps.push_back(gap(*expected, batch.base, "these records were missing when it was sealed"));
}

/// The records from `at` to `to` are gone: one gap for each run of their offsets.
void SealedObjectReader::Parts::lose(std::uint32_t to, const std::string& reason) {
    const std::size_t known = gaps.size();
    for (std::size_t b = index.batch_of(at); at < to; ++b) {
        const SealedBatchEntry& batch = index.batches()[b];
        note_hole(batch);
        const std::uint32_t end = std::min(to, index.batch_end(b));
        const Offset from{batch.base.value + (at - batch.first_ordinal)};
        const Offset behind{batch.base.value + (end - batch.first_ordinal)};
        const bool goes_on = gaps.size() > known && gaps.back().to == from && expected == from;
        if (goes_on) {
            gaps.back().to = behind;
        } else {
            gaps.push_back(gap(from, behind, reason));
        }
        at = end;
        expected = behind;
    }
}

/// Lines of the batch from `at` on: all of them, or up to a damaged frame.
Status SealedObjectReader::Parts::collect(std::size_t batch, std::uint32_t& upto, RecordBlock& block) {
    const std::uint32_t end = index.batch_end(batch);
    while (upto < end) {
        const std::size_t frame = index.frame_of(upto);
        const std::uint32_t to = std::min(end, index.frame_end(frame));
        const bool too_much = block.values.size() + index.frames()[frame].raw_bytes > kMaxSealedBatchBytes;
        if (too_much && upto > at) return {};
        const auto lines = frames.lines(frame, upto, to);
        // A part that was read is given first; the damage shows again at the next call.
        if (!lines && lines.error().code == Errc::corruption && upto > at) return {};
        if (!lines) return failure(lines.error());
        block.values.append(*lines);
        upto = to;
    }
    return {};
}

SealedBatch SealedObjectReader::Parts::make_batch(std::size_t number, std::uint32_t upto, RecordBlock block) {
    const SealedBatchEntry& entry = index.batches()[number];
    block.ends.reserve(upto - at);
    const std::string_view values = block.values.view();
    for (std::size_t end = 0; end < values.size();) {
        end = values.find('\n', end) + 1;
        block.ends.push_back(static_cast<std::uint32_t>(end));
    }
    block.rejections = index.rejections(at, upto);
    index.copy_event_ids(entry, at, upto, block);
    SealedBatch out;
    out.place = {entry.group, entry.number};
    out.batch.kind = index.id().kind;
    out.batch.source = index.id().source.id;
    out.batch.base = Offset{entry.base.value + (at - entry.first_ordinal)};
    out.batch.arrived = entry.arrived;
    out.batch.lsn = entry.group;
    out.batch.number = entry.number;
    out.batch.contract = index.contract_of(entry);
    out.batch.records = std::make_shared<const RecordBlock>(std::move(block));
    at = upto;
    expected = out.batch.end();
    return out;
}

/// Nothing where damage was found first.
Result<std::optional<SealedBatch>> SealedObjectReader::Parts::take(std::size_t batch) {
    RecordBlock block;
    std::uint32_t upto = at;
    const Status collected = collect(batch, upto, block);
    if (!collected) {
        if (collected.error().code != Errc::corruption) return failure(collected.error());
        lose(index.frame_end(index.frame_of(at)), collected.error().message);
        return std::optional<SealedBatch>();
    }
    note_hole(index.batches()[batch]);
    return std::optional<SealedBatch>(make_batch(batch, upto, std::move(block)));
}

SealedObjectReader::SealedObjectReader(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SealedObjectReader::~SealedObjectReader() = default;

Result<std::unique_ptr<SealedObjectReader>> SealedObjectReader::open(ObjectStore& store, std::string name) {
    const ObjectInfo info = TILLSTREAM_TRY(store.info(name));
    const ReadBytes read = [&store, name](std::uint64_t offset, std::size_t size) {
        return store.get(name, offset, size);
    };
    auto index = load_sealed_index(read, info.bytes);
    if (!index) return failure(std::move(index).error().with_context(name));
    if (const std::string own = sealed_object_name(index->id()); own != name)
        return failure(Errc::corruption, fmt::format("{}: holds what belongs into {}", name, own));
    return std::unique_ptr<SealedObjectReader>(
        new SealedObjectReader(std::make_unique<Parts>(std::move(name), *std::move(index), read)));
}

const SealedId& SealedObjectReader::id() const { return parts_->index.id(); }

void SealedObjectReader::seek(Offset from) {
    const auto& batches = parts_->index.batches();
    const auto behind = std::upper_bound(batches.begin(), batches.end(), from,
                                         [](Offset o, const auto& b) { return o < b.base; });
    std::size_t batch = static_cast<std::size_t>(behind - batches.begin());
    if (batch > 0) {
        const SealedBatchEntry& before = batches[batch - 1];
        const std::uint64_t count = parts_->index.batch_end(batch - 1) - before.first_ordinal;
        if (from.value - before.base.value < count) --batch;
    }
    parts_->seek_batch(batch);
}

void SealedObjectReader::seek(Timestamp since) {
    const auto& batches = parts_->index.batches();
    const auto first = std::lower_bound(batches.begin(), batches.end(), since,
                                        [](const auto& b, Timestamp t) { return b.arrived < t; });
    parts_->seek_batch(static_cast<std::size_t>(first - batches.begin()));
}

Result<SealedObjectReader::Step> SealedObjectReader::next() {
    Step step;
    while (!step.batch && parts_->at < parts_->index.records())
        step.batch = TILLSTREAM_TRY(parts_->take(parts_->index.batch_of(parts_->at)));
    step.gaps = std::exchange(parts_->gaps, {});
    return step;
}

}  // namespace tillstream::journal
