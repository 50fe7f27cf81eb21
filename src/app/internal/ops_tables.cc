#include "app/internal/ops_tables.h"

#include "ports/position_lookup.h"

namespace tillstream::app {

namespace {

const DataType kText{ColumnType::string};
const DataType kNumber{ColumnType::int64};
const DataType kDouble{ColumnType::float64};

TableSchema sinks_table() {
    return {"ops",
            "sinks",
            {{"name", kText, "the sink"},
             {"stream", kText, "stream it reads"},
             {"shard", kNumber, "shard of the stream", true},
             {"position", kNumber, "offset it goes on from"},
             {"log_end", kNumber, "offset behind the newest durable record"},
             {"lag_records", kNumber, "records it has not stored"},
             {"lag_seconds", kDouble, "age of the oldest of them"},
             {"state", kText, "running, paused, retrying or stopped"},
             {"error", kText, "of the last failed attempt; null when all is well"}}};
}

/// Sizes are the engine's own estimates: exact counts are a query away.
constexpr const char* kTablesSelect =
    "SELECT schema_name AS \"schema\", table_name AS name, estimated_size AS rows, column_count AS columns, "
    "comment FROM duckdb_tables() WHERE NOT internal AND NOT temporary";

void add_row(OwnedRows& rows, const SinkStatus& sink, const SourceInfo& source, Offset next, Offset end) {
    const std::uint64_t lag = end > next ? end.value - next.value : 0;
    Cell error = std::monostate{};
    if (!sink.error.empty()) error = rows.keep(sink.error);
    rows.rows.push_back({rows.keep(sink.name), rows.keep(source.stream), std::int64_t{source.shard.value},
                         static_cast<std::int64_t>(next.value), static_cast<std::int64_t>(end.value),
                         static_cast<std::int64_t>(lag), lag == 0 ? 0.0 : sink.lag_seconds,
                         to_string(sink.state), error});
}

OwnedRows sink_rows(const Delivery& delivery, const EventLog& log) {
    OwnedRows rows;
    const std::vector<SourceInfo> sources = log.sources();
    for (const SinkStatus& sink : delivery.status()) {
        const Progress* progress = delivery.progress(sink.name);
        for (const SourceInfo& source : sources) {
            const Offset next = progress ? progress->next(source.id) : Offset{};
            add_row(rows, sink, source, next, next_in(log.durable_end(), source.id).value_or(Offset{}));
        }
    }
    return rows;
}

}  // namespace

Status add_ops_tables(Warehouse& warehouse, const Delivery& delivery, const EventLog& log) {
    TILLSTREAM_CHECK(
        warehouse.ensure_live_table(sinks_table(), [&delivery, &log] { return sink_rows(delivery, log); }));
    return warehouse.ensure_view({"ops", "tables", kTablesSelect});
}

}  // namespace tillstream::app
