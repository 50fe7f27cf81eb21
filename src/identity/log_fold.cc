#include "identity/internal/log_fold.h"

namespace tillstream::identity {

namespace {

/// Of batches whose control record may follow; in the journal it does so within the group.
constexpr std::size_t kRecentMax = 65'536;
/// Of keys whose batches may follow. More are incomplete for good: their records are damaged.
constexpr std::size_t kWaitingMax = 1'000'000;
constexpr Offset kUnknown{~std::uint64_t{0}};

}  // namespace

LogFold::LogFold(const EventLog& log, SourceId system, Told told)
    : log_(log), system_(system), told_(std::move(told)) {}

const std::string* LogFold::stream_of(SourceId source) {
    auto known = streams_.find(source);
    if (known == streams_.end()) {
        for (const SourceInfo& info : log_.sources()) streams_.emplace(info.id, info.stream);
        known = streams_.find(source);
    }
    return known == streams_.end() ? nullptr : &known->second;
}

void LogFold::take(const LogBatch& batch) {
    if (batch.source == system_) return take_control(batch);
    if (batch.kind != BatchKind::data) return;
    const std::string* stream = stream_of(batch.source);
    if (stream != nullptr && !batch.records->event_id_ends.empty()) told_.ids(*stream, batch);
    take_part(batch);
}

void LogFold::take_control(const LogBatch& batch) {
    for (std::uint32_t i = 0; i < batch.count(); ++i) {
        auto fact = parse_ingest_fact(batch.records->value(i));
        if (!fact || !fact->keyed) continue;
        const std::uint32_t parts = fact->keyed->parts;
        if (parts > batch.number) continue;
        fact->keyed->bases.assign(parts, kUnknown);
        if (waiting_.size() >= kWaitingMax) waiting_.erase(waiting_.begin());
        const auto waiting =
            waiting_
                .insert_or_assign({batch.lsn, batch.number}, Waiting{*std::move(fact), batch.arrived, parts})
                .first;
        if (parts == 0) {
            told_.key(waiting->second.fact, waiting->second.arrived);
            waiting_.erase(waiting);
            continue;
        }
        for (std::uint32_t part = 0; part < parts; ++part) {
            const auto base = recent_.find({batch.lsn, batch.number - parts + part});
            if (base == recent_.end()) continue;
            const bool last = waiting->second.missing == 1;
            complete(waiting, part, base->second);
            if (last) break;
        }
    }
}

void LogFold::take_part(const LogBatch& batch) {
    const Place place{batch.lsn, batch.number};
    // The control record of the same append is the next one in the group.
    const auto waiting = waiting_.upper_bound(place);
    if (waiting != waiting_.end() && waiting->first.group == batch.lsn) {
        const std::uint32_t parts = waiting->second.fact.keyed->parts;
        const std::uint32_t first = waiting->first.number - parts;
        if (batch.number >= first) return complete(waiting, batch.number - first, batch.base);
    }
    if (recent_.size() >= kRecentMax) recent_.erase(recent_.begin());
    recent_.insert_or_assign(place, batch.base);
}

void LogFold::complete(std::map<Place, Waiting>::iterator waiting, std::size_t part, Offset base) {
    Offset& known = waiting->second.fact.keyed->bases[part];
    if (known != kUnknown) return;  // the rest of a batch that is given in pieces
    known = base;
    if (--waiting->second.missing > 0) return;
    told_.key(waiting->second.fact, waiting->second.arrived);
    waiting_.erase(waiting);
}

}  // namespace tillstream::identity
