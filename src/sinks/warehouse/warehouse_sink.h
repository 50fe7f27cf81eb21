// warehouse_sink.h - stores accepted records as rows of shop.<dataset>, with its positions in the same
// transaction.
//
// Place:     a consumer of the log, driven by delivery; rows are read by models, the SQL doors and verify.
// Tables:    made or widened when the first batch of a contract version arrives.
// Memory:    keeps one batch it has stored, as known-good data for probe.
// Threads:   one at a time (a delivery strand).
// Errors:    see ports/sink.h; unsupported if a contract changed the type of a column: the sink stops until
//            the column has a new name.
#pragma once

#include <map>
#include <string>

#include "ports/sink.h"
#include "ports/source_directory.h"
#include "ports/warehouse.h"

namespace tillstream {

class WarehouseSink final : public Sink {
public:
    WarehouseSink(Warehouse& warehouse, SourceList sources)
        : warehouse_(warehouse), sources_(std::move(sources)) {}

    /// Makes the table of a contract before its first row, so that it can be queried.
    Status prepare(const Contract& contract);

    std::string_view name() const override { return "warehouse"; }
    bool wants(const LogBatch& batch) const override { return batch.kind == BatchKind::data; }
    Result<std::vector<SinkPosition>> positions() override { return warehouse_.positions(name()); }
    Status commit(const SinkBatch& batch, Epoch epoch) override;
    Status rehearse(const SinkBatch& batch) override;
    Status probe() override;
    bool can_replace() const override { return true; }
    Status replace(const SinkBatch& batch) override;

private:
    Result<std::vector<FactRange>> fact_ranges(const std::vector<SourceRange>& ranges);
    Status add_facts(const LogBatch& batch, std::map<std::string, FactLoad>& loads);
    Result<WarehouseCommit> make_commit(const SinkBatch& batch);
    Result<const TableSchema*> table_for(const Contract& contract);
    void remember(const WarehouseCommit& commit);

    Warehouse& warehouse_;
    SourceDirectory sources_;
    std::map<std::string, TableSchema> tables_;  ///< by contract id
    FactLoad good_;                              ///< one row that was stored; empty before the first
};

}  // namespace tillstream
