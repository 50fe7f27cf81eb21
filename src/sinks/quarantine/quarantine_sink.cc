#include "sinks/quarantine/quarantine_sink.h"

#include <fmt/format.h>

#include <deque>
#include <set>
#include <string>
#include <utility>

#include "json/writer.h"
#include "quarantine/sink_reject.h"

namespace tillstream {

namespace {

TableSchema quarantine_table() {
    const DataType text{ColumnType::string};
    const DataType number{ColumnType::int64};
    const DataType json{ColumnType::json};
    const DataType time{ColumnType::timestamp};
    return {"ops",
            "quarantine",
            {{"id", text, "identity of the record in quarantine"},
             {"dataset", text, "contract the record was judged by"},
             {"stream", text, "stream the record came by"},
             {"shard", number, "shard of the stream", true},
             {"offset", number, "place of the record in its shard"},
             {"file_id", text, "file the row came from; null for records of a stream"},
             {"row_number", number, "row of that file"},
             {"raw", text, "the record as the raw lake holds it"},
             {"errors", json, "every error: pointer, code, expected, found"},
             {"arrived_at", time, "when the record was stored"},
             {"state", text, "open, replayed or discarded"},
             {"resolved_by", text, "who or what resolved it"},
             {"resolved_at", time, "when it was resolved"}}};
}

std::string errors_json(const std::vector<FieldError>& errors) {
    std::string out;
    json::Writer writer(out);
    writer.begin_array();
    for (const FieldError& error : errors) {
        writer.begin_object().member("pointer", error.pointer).member("code", to_string(error.code));
        writer.member("expected", error.expected).member("found", error.found).end_object();
    }
    writer.end_array();
    return out;
}

/// In the same shape as a judged error: code `sink` names who refused, `found` says why.
std::string errors_json(const SinkReject& reject) {
    std::string out;
    json::Writer writer(out);
    writer.begin_array().begin_object().member("pointer", "").member("code", "sink");
    writer.member("expected", fmt::format("a record that sink {} can store", reject.sink));
    writer.member("found", reject.error).end_object().end_array();
    return out;
}

std::string_view dataset_of(std::string_view contract_id) {
    return contract_id.substr(0, contract_id.find('@'));
}

}  // namespace

/// The rows of one commit and the texts they point into.
class QuarantineSink::Rows {
public:
    struct Record {
        std::string id;
        std::string_view dataset;
        std::string_view stream;
        ShardId shard;
        Offset offset;
        std::string_view raw;
        std::string errors;
        Timestamp arrived;
    };

    void add(Record record) {
        const Cell null = std::monostate{};
        rows_.push_back({keep(std::move(record.id)), keep(std::string(record.dataset)),
                         keep(std::string(record.stream)), std::int64_t{record.shard.value},
                         static_cast<std::int64_t>(record.offset.value), null, null,
                         keep(std::string(record.raw)), JsonCell{keep(std::move(record.errors))},
                         record.arrived, std::string_view("open"), null, null});
    }
    /// False if this commit has a row of that id already.
    bool is_new(const std::string& id) { return ids_.insert(id).second; }

    void add_to(WarehouseCommit& commit, const TableSchema& table) {
        if (!rows_.empty()) commit.cells.push_back({&table, std::move(rows_)});
    }

private:
    std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

    std::deque<std::string> texts_;
    std::set<std::string> ids_;
    std::vector<std::vector<Cell>> rows_;
};

QuarantineSink::QuarantineSink(Warehouse& warehouse, SourceList sources)
    : warehouse_(warehouse), sources_(std::move(sources)), table_(quarantine_table()) {}

Status QuarantineSink::prepare() {
    if (prepared_) return {};
    TILLSTREAM_CHECK(warehouse_.ensure_table(table_));
    prepared_ = true;
    return {};
}

bool QuarantineSink::wants(const LogBatch& batch) const {
    return batch.kind == BatchKind::control || !batch.records->rejections.empty();
}

namespace {

std::string record_id(std::string_view stream, ShardId shard, Offset offset) {
    return fmt::format("{}-{}-{}", stream, shard.value, offset.value);
}

}  // namespace

/// Only asked for records that a sink refused: those are few.
Result<bool> QuarantineSink::is_stored(std::string_view id) {
    class Found final : public ResultVisitor {
    public:
        void columns(std::span<const ResultColumn>) override {}
        bool row(std::span<const Cell>) override { return !(found = true); }
        bool found = false;
    } visitor;
    const Cell param = id;
    const auto outcome =
        warehouse_.query("SELECT 1 FROM ops.quarantine WHERE id = $1", {&param, 1}, {}, visitor);
    if (const auto* wrong = std::get_if<SqlError>(&outcome)) return failure(Errc::internal, wrong->message);
    if (const auto& status = std::get<Status>(outcome); !status) return failure(status.error());
    return visitor.found;
}

Status QuarantineSink::collect(const SinkBatch& batch, Rows& rows) {
    for (const LogBatch& records : batch.batches) {
        if (records.kind == BatchKind::control) {
            for (std::size_t i = 0; i < records.count(); ++i) {
                const auto reject = parse_sink_reject(records.records->value(i));
                if (!reject) continue;
                std::string id =
                    record_id(reject->stream, reject->shard, reject->offset) + "-" + reject->sink;
                if (!rows.is_new(id) || TILLSTREAM_TRY(is_stored(id))) continue;
                rows.add({std::move(id), dataset_of(reject->contract), reject->stream, reject->shard,
                          reject->offset, reject->raw, errors_json(*reject), records.arrived});
            }
            continue;
        }
        if (records.records->rejections.empty()) continue;
        const SourceInfo* source = TILLSTREAM_TRY(sources_.find(records.source));
        for (const Rejection& rejection : records.records->rejections) {
            const Offset offset{records.base.value + rejection.index};
            rows.add({record_id(source->stream, source->shard, offset), dataset_of(records.contract),
                      source->stream, source->shard, offset, records.records->value(rejection.index),
                      errors_json(rejection.errors), records.arrived});
        }
    }
    return {};
}

Status QuarantineSink::commit(const SinkBatch& batch, Epoch epoch) {
    TILLSTREAM_CHECK(prepare());
    Rows rows;
    TILLSTREAM_CHECK(collect(batch, rows));
    WarehouseCommit commit;
    commit.consumer = name();
    rows.add_to(commit, table_);
    commit.advance(batch.ranges, epoch);
    return warehouse_.commit(commit);
}

Status QuarantineSink::rehearse(const SinkBatch& batch) {
    TILLSTREAM_CHECK(prepare());
    Rows rows;
    TILLSTREAM_CHECK(collect(batch, rows));
    WarehouseCommit commit;
    commit.consumer = name();
    rows.add_to(commit, table_);
    return warehouse_.rehearse(commit);
}

Status QuarantineSink::probe() {
    TILLSTREAM_CHECK(prepare());
    Rows rows;
    rows.add({"probe", "probe", "probe", ShardId{}, Offset{}, "{}", "[]", Timestamp{}});
    WarehouseCommit commit;
    commit.consumer = name();
    rows.add_to(commit, table_);
    return warehouse_.rehearse(commit);
}

}  // namespace tillstream
