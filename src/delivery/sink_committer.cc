#include "delivery/internal/sink_committer.h"

#include <algorithm>
#include <future>

#include "core/assert.h"
#include "delivery/batch_slice.h"
#include "quarantine/sink_reject.h"

namespace tillstream {

namespace {

const SourceInfo* find_source(const std::vector<SourceInfo>& sources, SourceId id) {
    const auto found =
        std::find_if(sources.begin(), sources.end(), [&](const auto& source) { return source.id == id; });
    return found == sources.end() ? nullptr : &*found;
}

std::uint64_t count_records(const std::vector<LogBatch>& batches) {
    std::uint64_t records = 0;
    for (const LogBatch& batch : batches) records += batch.count();
    return records;
}

Status append_and_wait(EventLog& log, LogBatch batch) {
    std::vector<LogBatch> batches;
    batches.push_back(std::move(batch));
    const auto done = std::make_shared<std::promise<Result<Appended>>>();
    auto outcome = done->get_future();
    log.append(std::move(batches),
               [done](Result<Appended> appended) { done->set_value(std::move(appended)); });
    const auto appended = outcome.get();
    if (!appended) return failure(appended.error());
    return {};
}

}  // namespace

Status SinkCommitter::open() {
    const std::vector<SinkPosition> positions = TILLSTREAM_TRY(sink_.positions());
    const Position end = log_.durable_end();
    LogPlace place;
    for (const SinkPosition& position : positions) {
        TILLSTREAM_CHECK(check_position(position, end));
        place.next[position.source] = position.next;
    }
    // Every commit writes one cursor for all sources; should they differ, offsets still say what was seen.
    const bool one_cursor = std::all_of(
        positions.begin(), positions.end(),
        [&](const SinkPosition& position) { return position.cursor == positions.front().cursor; });
    if (one_cursor && !positions.empty()) place.cursor = positions.front().cursor;
    stored_ = std::move(place);
    return {};
}

Status SinkCommitter::check_position(const SinkPosition& position, const Position& end) const {
    const auto source = std::find_if(end.begin(), end.end(),
                                     [&](const auto& known) { return known.source == position.source; });
    const std::string where = "position " + std::to_string(position.next.value) + " of source " +
                              std::to_string(position.source.value);
    if (source == end.end() || position.next > source->next) {
        return failure(Errc::corruption,
                       "log-truncated: " + where +
                           " lies beyond the end of the log; restore the log, "
                           "or delete this store while the server is stopped: it is rebuilt");
    }
    if (position.epoch > epoch_) {
        return failure(Errc::corruption,
                       "log-truncated: " + where +
                           " was written by a later run than this log knows; "
                           "restore the log, or delete this store while the server is stopped: it is "
                           "rebuilt");
    }
    return {};
}

Status SinkCommitter::commit(const Chunk& chunk) {
    Status outcome = write(chunk.batches, chunk.end);
    if (!outcome && outcome.error().code == Errc::invalid_argument) outcome = isolate(chunk);
    if (outcome) on_record_.clear();
    return outcome;
}

Status SinkCommitter::write(const std::vector<LogBatch>& batches, const LogPlace& to) {
    SinkBatch commit{batches, {}};
    for (const auto& [source, next] : to.next) {
        const Offset from = stored_.next_of(source);
        TILLSTREAM_ASSERT(from <= next);
        commit.ranges.push_back({source, from, next, to.cursor});
    }
    TILLSTREAM_CHECK(sink_.commit(commit, epoch_));
    stored_ = to;
    return {};
}

namespace {

SinkBatch as_replacement(const std::vector<LogBatch>& batches, const std::vector<LogBatch>& ranges_of) {
    SinkBatch out{batches, {}};
    for (const LogBatch& batch : ranges_of) out.ranges.push_back({batch.source, batch.base, batch.end(), ""});
    return out;
}

}  // namespace

Status SinkCommitter::replace(const std::vector<LogBatch>& batches) {
    const Status replaced = sink_.replace(as_replacement(batches, batches));
    if (replaced || replaced.error().code != Errc::invalid_argument) return replaced;
    const std::vector<BadRecord> bad = TILLSTREAM_TRY(find_bad_records(sink_, batches, sick_));
    TILLSTREAM_CHECK(put_on_record(batches, bad));
    TILLSTREAM_CHECK(sink_.replace(as_replacement(without_records(batches, bad), batches)));
    on_record_.clear();
    return {};
}

/// The store called the chunk bad data: find which records, put them on record, store the rest.
Status SinkCommitter::isolate(const Chunk& chunk) {
    const std::vector<BadRecord> bad = TILLSTREAM_TRY(find_bad_records(sink_, chunk.batches, sick_));
    if (bad.empty()) {
        return failure(Errc::unavailable, "sink refused a commit that it then rehearsed without error");
    }
    TILLSTREAM_CHECK(put_on_record(chunk.batches, bad));
    return write(without_records(chunk.batches, bad), chunk.end);
}

Status SinkCommitter::commit_in_pieces(const Chunk& chunk, SinkMemory& memory, SinkMemory::Care& care,
                                       const std::function<bool()>& stop) {
    std::size_t batch = 0;
    while (true) {
        const std::uint32_t size = care.suspects > 0 ? care.piece : SinkMemory::kPieceRecords;
        const std::vector<LogBatch> piece = next_piece(chunk, batch, size);
        if (piece.empty()) break;
        if (stop()) return failure(Errc::cancelled, "stopped between two pieces");
        const auto records = static_cast<std::uint32_t>(count_records(piece));
        TILLSTREAM_CHECK(memory.mark_attempt(encode_position(stored_.position()), records));
        if (Status done = commit_piece(piece, care.refuse_first); !done) {
            // It came back: what ends the process from now on is none of its doing.
            (void)memory.clear_attempt().has_value();
            return done;
        }
        care.refuse_first = false;
        care.suspects -= std::min(care.suspects, records);
    }
    TILLSTREAM_CHECK(memory.clear_attempt());
    on_record_.clear();
    return write({}, chunk.end);
}

/// Up to `records` records of the chunk that are not stored yet; `batch` is where to go on looking.
std::vector<LogBatch> SinkCommitter::next_piece(const Chunk& chunk, std::size_t& batch,
                                                std::uint32_t records) const {
    std::vector<LogBatch> piece;
    std::map<SourceId, Offset> next = stored_.next;
    while (batch < chunk.batches.size() && records > 0) {
        const LogBatch& whole = chunk.batches[batch];
        const Offset from = std::max(whole.base, next[whole.source]);
        if (from >= whole.end()) {
            ++batch;
            continue;
        }
        const auto begin = static_cast<std::uint32_t>(from.value - whole.base.value);
        const std::uint32_t end = begin + std::min(records, whole.count() - begin);
        piece.push_back(slice_batch(whole, begin, end));
        next[whole.source] = piece.back().end();
        records -= end - begin;
    }
    return piece;
}

/// The cursor stays where the chunk began: reading resumes there, offsets skip what was stored.
Status SinkCommitter::commit_piece(const std::vector<LogBatch>& piece, bool refuse) {
    LogPlace to = stored_;
    for (const LogBatch& batch : piece) to.next[batch.source] = batch.end();
    if (refuse) {
        TILLSTREAM_CHECK(put_on_record(piece, {{0, 0, "the process died three times on this record"}}));
        return write({}, to);
    }
    const Status outcome = write(piece, to);
    if (outcome || outcome.error().code != Errc::invalid_argument) return outcome;
    return isolate({piece, {}, to, false});
}

Status SinkCommitter::put_on_record(const std::vector<LogBatch>& batches, const std::vector<BadRecord>& bad) {
    const std::vector<SourceInfo> sources = log_.sources();
    std::vector<SinkReject> rejects;
    for (const BadRecord& record : bad) {
        const LogBatch& batch = batches[record.batch];
        const Offset offset{batch.base.value + record.index};
        if (on_record_.contains({batch.source, offset})) continue;
        const SourceInfo* source = find_source(sources, batch.source);
        TILLSTREAM_ASSERT(source != nullptr);
        rejects.push_back({std::string(sink_.name()), source->stream, source->shard, batch.source, offset,
                           batch.contract, record.error, std::string(batch.records->value(record.index))});
        logger_.error("a sink refused a record that was accepted; it goes to quarantine",
                      {{"sink", sink_.name()},
                       {"stream", source->stream},
                       {"shard", std::uint64_t{source->shard.value}},
                       {"offset", offset.value},
                       {"error", record.error}});
    }
    if (rejects.empty()) return {};
    TILLSTREAM_CHECK(append_and_wait(log_, sink_reject_batch(system_source_, rejects)));
    for (const SinkReject& reject : rejects) on_record_.insert({reject.source, reject.offset});
    return {};
}

}  // namespace tillstream
