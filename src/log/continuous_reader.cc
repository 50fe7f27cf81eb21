#include "log/internal/continuous_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tillstream::journal {

namespace {

constexpr std::string_view kRemoved = "older than what is kept";

}  // namespace

void ContinuousReader::look_up(SourceId source, Offset from, Offset earliest,
                               const std::vector<CutGap>& damage) {
    const Offset first = std::max(from, earliest);
    given_[source] = first;
    if (from < earliest)
        first_gaps_.push_back({source, from, earliest, std::string(kRemoved), Gap::Kind::retention});
    for (const CutGap& gap : damage)
        if (gap.to > first)
            first_gaps_.push_back({source, std::max(gap.from, first), gap.to, gap.reason, Gap::Kind::damage});
    skip_ = {source, from, first_gaps_};
}

Result<LogRead> ContinuousReader::read(std::size_t max_bytes) {
    LogRead out;
    out.gaps = std::exchange(first_gaps_, {});
    for (;;) {
        LogRead piece = TILLSTREAM_TRY(read_on(max_bytes));
        const bool more = !piece.batches.empty();
        filter(piece);
        std::move(piece.gaps.begin(), piece.gaps.end(), std::back_inserter(out.gaps));
        out.batches = std::move(piece.batches);
        out.cursor = std::move(piece.cursor);
        out.at_end = piece.at_end;
        out.whole = piece.whole;
        if (!more || !out.batches.empty()) return out;
    }
}

/// What was asked not to be given, and what was given already.
void ContinuousReader::filter(LogRead& out) {
    if (skip_) {
        std::erase_if(out.batches, [&](const LogBatch& batch) {
            return batch.source == skip_->source && batch.end() <= skip_->from;
        });
        skip_gaps(out.gaps);
    }
    for (const LogBatch& batch : out.batches) {
        Offset& given = given_[batch.source];
        given = std::max(given, batch.end());
    }
}

/// What lies before the record looked for, and what was told first: the journal may hold it still.
void ContinuousReader::skip_gaps(std::vector<Gap>& gaps) const {
    for (Gap& gap : gaps)
        if (gap.source == skip_->source) gap.from = std::max(gap.from, skip_->from);
    std::erase_if(gaps, [&](const Gap& gap) {
        if (gap.source != skip_->source) return false;
        const auto covers = [&](const Gap& told) { return told.from <= gap.from && gap.to <= told.to; };
        return gap.to <= skip_->from || std::any_of(skip_->told.begin(), skip_->told.end(), covers);
    });
}

Result<LogRead> ContinuousReader::read_on(std::size_t max_bytes) {
    const Published::Pin pin(published_);
    LogRead out;
    for (;;) {
        if (!objects_ && !journal_) find_way(out);
        const bool enough = objects_ ? TILLSTREAM_TRY(read_pass(out, max_bytes))
                                     : TILLSTREAM_TRY(read_journal(out, max_bytes));
        if (enough) return out;
    }
}

/// Whether the next group is read from the journal or from objects.
void ContinuousReader::find_way(LogRead& out) {
    if (store_ != nullptr && !published_.holds(place_.at.next)) {
        tell_removed(out);
        pass_ = store_->log.pass_for(place_.at.next);
        if (pass_) {
            if (place_.at.next < pass_->from) place_.at = Cursor{pass_->from, 0};
            objects_.emplace(*store_, pass_, place_);
            return;
        }
        place_ = ReadPlace{Cursor{std::max(place_.at.next, store_->log.sealed()), 0}, std::nullopt};
    }
    journal_.emplace(fs_, published_, uuid_, place_.at, from_);
}

void ContinuousReader::tell_removed(LogRead& out) {
    for (const RemovedRange& range : store_->log.removed()) {
        Offset& given = given_[range.source];
        if (range.last_group < place_.at.next || range.earliest <= given) continue;
        out.gaps.push_back(
            {range.source, given, range.earliest, std::string(kRemoved), Gap::Kind::retention});
        given = range.earliest;
    }
}

/// An append lies within one group, a group within one pass.
void ContinuousReader::stop_at_place(LogRead& out) const {
    out.cursor = encode_place(place_, uuid_);
    out.whole = !place_.sealed && place_.at.batch == 0;
}

/// True if there is something to give back.
Result<bool> ContinuousReader::read_pass(LogRead& out, std::size_t max_bytes) {
    std::size_t bytes = 0;
    bool ended = false;
    while (out.batches.empty() || bytes < max_bytes) {
        auto batch = objects_->next(out.gaps);
        if (!batch) {
            objects_.reset();
            return failure(std::move(batch).error());
        }
        ended = !*batch;
        if (ended) break;
        bytes += (*batch)->records->values.size();
        out.batches.push_back(*std::move(*batch));
        place_ = objects_->place();
    }
    // Whether this is the log's end shows only from what follows.
    if (!ended && !published_.anything_behind(Cursor{pass_->to, 0}))
        ended = TILLSTREAM_TRY(objects_->at_end(out.gaps));
    if (ended) {
        tell_removed(out);
        const bool on = place_.sealed && place_.sealed->to > pass_->to;
        place_.at = Cursor{pass_->to, 0};
        if (!on) place_.sealed.reset();
        objects_.reset();
    }
    stop_at_place(out);
    out.at_end = ended && !published_.anything_behind(place_.at);
    return !out.batches.empty();
}

/// False if there is nothing yet to give back and it is not the end either.
Result<bool> ContinuousReader::read_journal(LogRead& out, std::size_t max_bytes) {
    LogRead piece = TILLSTREAM_TRY(journal_->read(max_bytes));
    const bool read = !piece.batches.empty();
    std::move(piece.gaps.begin(), piece.gaps.end(), std::back_inserter(out.gaps));
    out.batches = std::move(piece.batches);
    if (place_.sealed)
        std::erase_if(out.batches, [&](const LogBatch& batch) {
            return place_.passed(batch.lsn,
                                 {hour_of(batch.arrived), batch.source, Offset{batch.end().value - 1}});
        });
    place_.at = journal_->place();
    if (place_.sealed && place_.at.next >= place_.sealed->to) place_.sealed.reset();
    stop_at_place(out);
    out.at_end = piece.at_end;
    if (read) return !out.batches.empty();
    if (!journal_->recycled()) return true;
    journal_.reset();
    return false;
}

}  // namespace tillstream::journal
