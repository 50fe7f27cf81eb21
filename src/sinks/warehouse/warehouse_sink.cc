#include "sinks/warehouse/warehouse_sink.h"

#include <algorithm>

#include "core/assert.h"
#include "sinks/warehouse/fact_table.h"

namespace tillstream {

Status WarehouseSink::prepare(const Contract& contract) {
    TILLSTREAM_TRY(table_for(contract));
    return {};
}

Result<const TableSchema*> WarehouseSink::table_for(const Contract& contract) {
    const std::string id = contract.id();
    if (const auto found = tables_.find(id); found != tables_.end()) return &found->second;
    TableSchema table = fact_table(contract);
    if (Status ensured = warehouse_.ensure_table(table); !ensured) {
        // A conflict means something else to delivery: positions that moved.
        const Errc code = ensured.error().code == Errc::conflict ? Errc::unsupported : ensured.error().code;
        return failure(code, ensured.error().message);
    }
    if (const auto view = clean_batch_view(contract)) TILLSTREAM_CHECK(warehouse_.ensure_view(*view));
    return &tables_.emplace(id, std::move(table)).first->second;
}

Status WarehouseSink::add_facts(const LogBatch& batch, std::map<std::string, FactLoad>& loads) {
    if (batch.kind != BatchKind::data || batch.count() == 0) return {};
    TILLSTREAM_ASSERT(batch.rows.batch != nullptr && batch.rows.rows.size() == batch.count());
    const RowBatch& rows = *batch.rows.batch;
    FactSlice slice;
    for (std::uint32_t i = 0; i < batch.count(); ++i) {
        const std::uint32_t row = batch.rows.rows[i];
        if (!rows.accepted(row)) continue;
        slice.rows.push_back(row);
        slice.offsets.push_back(batch.base.value + i);
    }
    if (slice.rows.empty()) return {};
    const SourceInfo* source = TILLSTREAM_TRY(sources_.find(batch.source));
    slice.batch = batch.rows.batch;
    slice.stream = source->stream;
    slice.shard = source->shard.value;
    slice.arrived = batch.arrived;
    FactLoad& load = loads[batch.contract];
    load.table = TILLSTREAM_TRY(table_for(rows.contract()));
    load.slices.push_back(std::move(slice));
    return {};
}

Result<WarehouseCommit> WarehouseSink::make_commit(const SinkBatch& batch) {
    std::map<std::string, FactLoad> loads;
    for (const LogBatch& records : batch.batches) TILLSTREAM_CHECK(add_facts(records, loads));
    WarehouseCommit commit;
    commit.consumer = name();
    for (auto& [contract, load] : loads) commit.facts.push_back(std::move(load));
    return commit;
}

void WarehouseSink::remember(const WarehouseCommit& commit) {
    if (commit.facts.empty()) return;
    const FactLoad& load = commit.facts.front();
    good_ = {load.table, {load.slices.front()}};
    good_.slices[0].rows.resize(1);
    good_.slices[0].offsets.resize(1);
}

Status WarehouseSink::commit(const SinkBatch& batch, Epoch epoch) {
    WarehouseCommit commit = TILLSTREAM_TRY(make_commit(batch));
    commit.advance(batch.ranges, epoch);
    TILLSTREAM_CHECK(warehouse_.commit(commit));
    remember(commit);
    return {};
}

Status WarehouseSink::replace(const SinkBatch& batch) {
    WarehouseCommit commit = TILLSTREAM_TRY(make_commit(batch));
    commit.removed = TILLSTREAM_TRY(fact_ranges(batch.ranges));
    return warehouse_.commit(commit);
}

/// Neighbouring ranges of a shard become one: each costs a scan.
Result<std::vector<FactRange>> WarehouseSink::fact_ranges(const std::vector<SourceRange>& ranges) {
    std::map<SourceId, FactRange*> last;
    std::vector<FactRange> facts;
    facts.reserve(ranges.size());
    for (const SourceRange& range : ranges) {
        if (const auto before = last.find(range.source);
            before != last.end() && before->second->to == range.from) {
            before->second->to = range.to;
            continue;
        }
        const SourceInfo* source = TILLSTREAM_TRY(sources_.find(range.source));
        const auto table = std::find_if(tables_.begin(), tables_.end(), [&](const auto& known) {
            return known.second.name == source->stream;
        });
        if (table == tables_.end()) continue;
        facts.push_back({&table->second, source->stream, source->shard.value, range.from, range.to});
        last[range.source] = &facts.back();
    }
    return facts;
}

Status WarehouseSink::rehearse(const SinkBatch& batch) {
    return warehouse_.rehearse(TILLSTREAM_TRY(make_commit(batch)));
}

Status WarehouseSink::probe() {
    WarehouseCommit commit;
    commit.consumer = name();
    if (good_.table != nullptr) {
        commit.facts.push_back(good_);
        return warehouse_.rehearse(commit);
    }
    // Nothing was stored by this process yet: a row of a table that exists for this only.
    const TableSchema table{"ops", "sink_probe", {{"n", {ColumnType::int64}, "never holds a row"}}};
    TILLSTREAM_CHECK(warehouse_.ensure_table(table));
    commit.cells.push_back({&table, {{std::int64_t{1}}}});
    return warehouse_.rehearse(commit);
}

}  // namespace tillstream
