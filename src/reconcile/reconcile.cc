#include "reconcile/reconcile.h"

#include <algorithm>
#include <optional>

#include "json/writer.h"
#include "ports/position_lookup.h"
#include "quarantine/sink_reject.h"
#include "reconcile/internal/log_figures.h"
#include "reconcile/internal/raw_figures.h"

namespace tillstream {

namespace {

/// The part of the log's end that belongs to one stream.
struct StreamEnd {
    Position position;
    Position with_control;  ///< and that of control records
    std::vector<ShardEnd> shards;
};

StreamEnd end_of(const EventLog& log, std::string_view stream) {
    StreamEnd end;
    const Position durable = log.durable_end();
    const Position earliest = log.earliest();
    for (const SourceInfo& source : log.sources()) {
        const bool control = source.stream == kSystemStream;
        if (const auto next = next_in(durable, source.id); next && (control || source.stream == stream))
            end.with_control.push_back({source.id, *next});
        if (source.stream != stream) continue;
        const auto found = std::find_if(durable.begin(), durable.end(), [&](const SourceOffset& offset) {
            return offset.source == source.id;
        });
        if (found == durable.end()) continue;
        end.position.push_back(*found);
        end.shards.push_back({source.shard, found->next, next_in(earliest, source.id).value_or(Offset{})});
    }
    return end;
}

bool covers(const Position& reached, const Position& wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const SourceOffset& entry) {
        return entry.next.value == 0 || next_in(reached, entry.source).value_or(Offset{0}) >= entry.next;
    });
}

bool has_measure(const StoreFigures& figures, std::string_view name) {
    return std::any_of(figures.sums.begin(), figures.sums.end(),
                       [&](const MeasureSum& sum) { return sum.name == name; });
}

/// A store is asked only for the measures it holds.
StoreFigures expected_figures(const LogFigures& log, const SinkCheck& sink) {
    // What a sink refused later is in quarantine too, but is no part of this figure.
    if (sink.content == StoreContent::quarantined) return {log.quarantined, {}};
    StoreFigures expected = log.rows;
    const auto refused = log.refused.find(sink.name);
    if (refused != log.refused.end()) {
        expected.rows -= refused->second.rows;
        for (std::size_t m = 0; m < expected.sums.size(); ++m)
            expected.sums[m].sum -= refused->second.sums[m].sum;
    }
    std::erase_if(expected.sums, [&](const MeasureSum& sum) { return !has_measure(sink.figures, sum.name); });
    return expected;
}

void judge(const LogFigures& log, bool in_time, SinkCheck& sink) {
    const auto refused = log.refused.find(sink.name);
    sink.refused = refused == log.refused.end() ? 0 : refused->second.rows;
    const StoreFigures expected = expected_figures(log, sink);
    if (!in_time) {
        sink.problem = "has not come to the end of the log within the wait";
    } else if (expected.rows != sink.figures.rows) {
        sink.problem = std::to_string(expected.rows) + " rows expected";
    } else if (!(expected == sink.figures)) {
        sink.problem = "sums differ from the log";
    }
    sink.ok = sink.problem.empty();
}

/// Against the log's records below where the objects end.
RawCheck judge_raw(RawFigures raw, const LogFigures& log) {
    RawCheck check{raw.objects,
                   raw.bytes,
                   raw.accepted + raw.quarantined,
                   raw.quarantined,
                   std::move(raw.rows),
                   std::move(raw.sealed),
                   false,
                   {}};
    if (raw.damaged > 0) {
        check.problem = std::to_string(raw.damaged) + " damaged parts";
        for (const std::string& damage : raw.damages) check.problem += "; " + damage;
    } else if (raw.accepted != log.accepted || raw.quarantined != log.quarantined) {
        check.problem = std::to_string(log.accepted + log.quarantined) + " records expected";
    } else if (!(check.figures == log.rows)) {
        check.problem = "sums differ from the log";
    }
    check.ok = check.problem.empty();
    return check;
}

}  // namespace

void Reconciler::add(StoreUnderCheck store) {
    const std::lock_guard lock(mutex_);
    const auto place = std::find_if(stores_.begin(), stores_.end(),
                                    [&](const StoreUnderCheck& other) { return store.name < other.name; });
    stores_.insert(place, std::move(store));
}

Result<Reconciliation> Reconciler::run(std::string_view stream, std::chrono::milliseconds wait) {
    const ContractPtr contract = contracts_.find(stream);
    if (!contract) return failure(Errc::not_found, "no stream named " + std::string(stream));
    const auto deadline = std::chrono::steady_clock::now() + wait;
    const StreamEnd end = end_of(log_, stream);
    std::unique_lock lock(mutex_);
    const std::vector<StoreUnderCheck> stores = stores_;
    lock.unlock();
    Reconciliation result;
    result.stream = stream;
    std::vector<bool> in_time;
    for (const StoreUnderCheck& store : stores) {
        if (store.holds && !store.holds(*contract)) continue;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        const bool waited = store.wait_for(end.position, std::max(left, std::chrono::milliseconds{0}));
        SinkCheck sink{
            store.name, store.content, TILLSTREAM_TRY(store.scan(*contract, end.shards)), {}, 0, false, {}};
        for (const SinkPosition& position : TILLSTREAM_TRY(store.positions())) {
            if (next_in(end.position, position.source))
                sink.positions.push_back({position.source, position.next});
        }
        // Right after a start nobody has asked the store yet where it stands: then its own positions tell.
        in_time.push_back(waited || covers(sink.positions, end.position));
        result.sinks.push_back(std::move(sink));
    }
    std::vector<Position> ends{end.with_control};
    std::optional<RawFigures> raw;
    if (lake_ != nullptr) {
        raw = TILLSTREAM_TRY(scan_raw(*lake_, contracts_, *contract, end.position));
        ends.push_back(raw->sealed);
    }
    const std::vector<LogFigures> figures = TILLSTREAM_TRY(scan_log(log_, contracts_, *contract, ends));
    const LogFigures& log = figures.front();
    result.accepted = log.accepted;
    result.quarantined = log.quarantined;
    result.duplicates = log.duplicates;
    result.received = log.accepted + log.quarantined + log.duplicates;
    result.log = log.rows;
    result.gaps = log.gaps;
    result.ok = log.gaps == 0;
    if (raw) {
        result.raw = judge_raw(std::move(*raw), figures.back());
        result.ok = result.ok && result.raw->ok;
    }
    for (std::size_t i = 0; i < result.sinks.size(); ++i) {
        judge(log, in_time[i], result.sinks[i]);
        result.ok = result.ok && result.sinks[i].ok;
    }
    return result;
}

namespace {

void write_figures(json::Writer& out, const StoreFigures& figures) {
    out.member("rows", figures.rows);
    for (const MeasureSum& sum : figures.sums) {
        out.key(sum.name);
        if (sum.scale == 0)
            out.number(sum.sum);
        else
            out.string(format_decimal(sum.sum, sum.scale));
    }
}

/// Rejected records have no sums: the members are there and null.
void write_rejected(json::Writer& out, const StoreFigures& figures, const StoreFigures& log) {
    out.member("rows", figures.rows);
    for (const MeasureSum& sum : log.sums) out.key(sum.name).null();
}

void write_positions(json::Writer& out, const std::vector<SourceOffset>& positions) {
    out.key("positions").begin_array();
    for (const SourceOffset& position : positions) {
        out.begin_object().member("source", position.source.value).member("next", position.next.value);
        out.end_object();
    }
    out.end_array();
}

}  // namespace

std::string to_json(const Reconciliation& r) {
    std::string text;
    json::Writer out(text);
    out.begin_object().member("stream", r.stream);
    out.member("received", r.received).member("accepted", r.accepted);
    out.member("duplicates", r.duplicates).member("quarantined", r.quarantined);
    out.key("log").begin_object();
    write_figures(out, r.log);
    out.member("gaps", r.gaps).end_object();
    if (r.raw) {
        out.key("raw").begin_object().member("objects", r.raw->objects).member("bytes", r.raw->bytes);
        out.member("records", r.raw->records).member("quarantined", r.raw->quarantined);
        write_figures(out, r.raw->figures);
        write_positions(out, r.raw->sealed);
        out.member("ok", r.raw->ok);
        if (!r.raw->ok) out.member("problem", r.raw->problem);
        out.end_object();
    }
    out.key("sinks").begin_array();
    for (const SinkCheck& sink : r.sinks) {
        out.begin_object().member("name", sink.name);
        if (sink.content == StoreContent::quarantined)
            write_rejected(out, sink.figures, r.log);
        else
            write_figures(out, sink.figures);
        out.member("refused", sink.refused);
        write_positions(out, sink.positions);
        out.member("ok", sink.ok);
        if (!sink.ok) out.member("problem", sink.problem);
        out.end_object();
    }
    out.end_array().member("ok", r.ok).end_object();
    return text;
}

}  // namespace tillstream
