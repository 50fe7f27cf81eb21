// pipeline.h - ingest, journal, delivery and the DuckDB sinks in this process, with a fault twin before each
// sink.
//
// Why:   the program has no way to inject a fault behind the verdict; everything here but the twins is the
//        real thing.
#pragma once

#include <memory>
#include <string>

#include "adapters/duckdb/duckdb_warehouse.h"
#include "catalog/contract_store.h"
#include "core/env.h"
#include "core/metrics.h"
#include "delivery/delivery.h"
#include "ingest/ingest.h"
#include "log/journal.h"
#include "reconcile/reconcile.h"
#include "sinks/quarantine/quarantine_sink.h"
#include "sinks/warehouse/warehouse_sink.h"
#include "tests/fakes/fault_sink.h"

namespace tillstream {

class Pipeline {
public:
    explicit Pipeline(const std::string& dir);
    ~Pipeline();

    /// A JSON array of sales; returns once it is durable.
    IngestReceipt post(const std::string& sales);
    /// After waiting for every sink.
    Reconciliation verify();
    /// The only cell of the only row, as text.
    std::string query_value(const std::string& sql);
    SinkStatus status(std::string_view sink) const;
    /// Records that `sink` has not passed, over all sources of sales.
    std::uint64_t lag_records(std::string_view sink) const;
    /// Waits until `sink` has reached all that is durable now; false if it does not within a minute.
    bool comes_level(std::string_view sink) const;
    /// Records of the system's own stream.
    std::uint64_t control_records() const;

    FaultSink& warehouse() { return warehouse_faults_; }
    FaultSink& quarantine() { return quarantine_faults_; }

private:
    std::uint64_t end_of(std::string_view stream) const;
    void check_stores();

    Metrics metrics_;
    std::unique_ptr<ContractStore> contracts_;
    std::unique_ptr<Journal> journal_;
    SourceList sources_;
    std::unique_ptr<Warehouse> store_;
    WarehouseSink warehouse_sink_;
    QuarantineSink quarantine_sink_;
    FaultSink warehouse_faults_;
    FaultSink quarantine_faults_;
    std::unique_ptr<Delivery> delivery_;
    std::unique_ptr<Ingest> ingest_;
    Reconciler reconciler_;
};

}  // namespace tillstream
