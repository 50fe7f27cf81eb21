#include "log/internal/pass_reader.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"

namespace tillstream::journal {

namespace {

/// An unreadable object is damage; one that could not be read for another reason may be readable again.
constexpr int kAttempts = 3;

bool is_damage(Errc code) {
    return code == Errc::corruption || code == Errc::not_found || code == Errc::io ||
           code == Errc::unsupported;
}

Result<std::unique_ptr<SealedObjectReader>> open_object(const SealedStore& store, const CutObject& object) {
    const std::string name = sealed_object_name(sealed_id(store, object));
    auto opened = SealedObjectReader::open(store.objects, name);
    for (int i = 1; i < kAttempts && !opened && opened.error().code == Errc::io; ++i)
        opened = SealedObjectReader::open(store.objects, name);
    if (opened && ((*opened)->id().source.id != object.source || (*opened)->id().first != object.first ||
                   (*opened)->id().last != object.last || (*opened)->id().log != store.uuid))
        return failure(Errc::corruption, name + " holds other records than its cut says");
    return opened;
}

}  // namespace

SealedId sealed_id(const SealedStore& store, const CutObject& object) {
    const std::vector<SourceInfo> sources = store.sources();
    TILLSTREAM_ASSERT(object.source.value != 0 && object.source.value <= sources.size());
    return {store.uuid, sources[object.source.value - 1], object.first, object.last, object.hour,
            object.kind};
}

PassReader::PassReader(const SealedStore& store, PassPtr pass, ReadPlace place)
    : store_(store), pass_(std::move(pass)), place_(std::move(place)), start_(place_.at) {}

Result<std::optional<LogBatch>> PassReader::next(std::vector<Gap>& gaps) {
    if (!ahead_ && !TILLSTREAM_TRY(advance(gaps))) return std::optional<LogBatch>();
    LogBatch batch = *std::exchange(ahead_, std::nullopt);
    move_to({hour_of(batch.arrived), batch.source, batch.end()});
    return std::optional(std::move(batch));
}

Result<bool> PassReader::at_end(std::vector<Gap>& gaps) {
    if (!ahead_) return !TILLSTREAM_TRY(advance(gaps));
    return false;
}

void PassReader::move_to(const SealedKey& key) {
    const Lsn to = place_.sealed ? std::max(place_.sealed->to, pass_->to) : pass_->to;
    place_.sealed = ReadPlace::Sealed{to, key};
}

/// Brings the next batch that was not read yet; false at the end of the pass.
Result<bool> PassReader::advance(std::vector<Gap>& gaps) {
    if (!std::exchange(began_, true)) give_gaps(gaps);
    for (;;) {
        if (!open_ && !TILLSTREAM_TRY(open_next(gaps))) return false;
        auto step = open_->next();
        if (!step) {
            if (!is_damage(step.error().code)) return failure(std::move(step).error());
            lose(pass_->objects[object_ - 1], step.error(), gaps);
            open_.reset();
            continue;
        }
        gaps.insert(gaps.end(), step->gaps.begin(), step->gaps.end());
        if (!step->batch) {
            open_.reset();
            continue;
        }
        LogBatch& batch = step->batch->batch;
        expected_ = batch.end();
        // Of a batch that damage split the second part may be left: by its last record it is known.
        const SealedKey key{hour_of(batch.arrived), batch.source, Offset{batch.end().value - 1}};
        if (step->batch->place < start_ || place_.passed(batch.lsn, key)) continue;
        ahead_ = std::move(batch);
        return true;
    }
}

/// Those that a reader who came to the pass's start by way of the journal was not told yet.
void PassReader::give_gaps(std::vector<Gap>& gaps) {
    if (place_.sealed && place_.sealed->to >= pass_->to) return;
    for (const CutGap& gap : pass_->gaps)
        if (gap.seen >= start_.next)
            gaps.push_back({gap.source, gap.from, gap.to, gap.reason, Gap::Kind::damage});
}

Result<bool> PassReader::open_next(std::vector<Gap>& gaps) {
    for (; object_ < pass_->objects.size(); ++object_) {
        const CutObject& object = pass_->objects[object_];
        if (object.removed || object.last_group < start_.next) continue;
        const bool begun = place_.sealed && place_.sealed->to >= pass_->to;
        if (begun && SealedKey{object.hour, object.source, object.last} < place_.sealed->key) continue;
        expected_ = object.first;
        if (begun && object.hour == place_.sealed->key.hour && object.source == place_.sealed->key.source)
            expected_ = std::max(object.first, place_.sealed->key.offset);
        auto opened = open_object(store_, object);
        if (opened) {
            open_ = std::move(*opened);
            open_->seek(expected_);
            ++object_;
            return true;
        }
        if (!is_damage(opened.error().code)) return failure(std::move(opened).error());
        lose(object, opened.error(), gaps);
    }
    return false;
}

void PassReader::lose(const CutObject& object, const Error& error, std::vector<Gap>& gaps) {
    // Retention may have taken it since the pass was looked up: then its reader tells that gap.
    const auto removed = store_.log.removed(object.source);
    if (!removed || removed->earliest <= object.last)
        gaps.push_back(
            {object.source, expected_, Offset{object.last.value + 1}, error.message, Gap::Kind::damage});
    move_to({object.hour, object.source, Offset{object.last.value + 1}});
}

}  // namespace tillstream::journal
