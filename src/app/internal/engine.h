// engine.h - the platform put together on one data folder, without any door.
//
// Lifecycle:  open (locks the folder, recovers the log; ingest and reads of the log work from here on) ->
//             warehouse and tables open in the background, each by itself, and their sinks join -> drain ->
//             close. The destructor closes.
// Order:      start: lock, format, contracts, log, delivery, ingest, stores. Stop: the reverse, ingest first.
// Threads:    accessors from any thread.
// Errors:     of open: resource_exhausted (another process owns the folder: its pid is named),
//             invalid_argument (a contract or option), corruption or unsupported (FORMAT), io.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "adapters/duckdb/duckdb_warehouse.h"
#include "adapters/rocksdb/rocksdb_tables.h"
#include "app/internal/disk_guard.h"
#include "app/internal/settings.h"
#include "app/internal/store_opening.h"
#include "catalog/contract_store.h"
#include "core/env.h"
#include "core/log.h"
#include "core/metrics.h"
#include "delivery/delivery.h"
#include "ingest/ingest.h"
#include "log/journal.h"
#include "reconcile/reconcile.h"
#include "sinks/quarantine/quarantine_sink.h"
#include "sinks/tables/purchase_history.h"
#include "sinks/tables/tables_sink.h"
#include "sinks/warehouse/warehouse_sink.h"
#include "sql/query_service.h"

namespace tillstream::app {

class Engine {
public:
    static Result<std::unique_ptr<Engine>> open(const Settings& settings, Logger logger);
    ~Engine();

    Ingest& ingest() { return *ingest_; }
    EventLog& log() { return *journal_; }
    Delivery& delivery() { return *delivery_; }
    Metrics& metrics() { return metrics_; }
    /// Null until the warehouse is open.
    QueryService* queries() { return queries_ready_.load(); }
    /// Null until the tables are open.
    PurchaseHistory* purchases() { return purchases_ready_.load(); }
    /// Null until all stores are open.
    Reconciler* reconciler() { return reconciler_ready_.load(); }
    /// Empty when everything is up; else what is missing and why.
    std::string not_ready() const;
    /// Waits for all stores. unavailable if it takes longer, else the error that keeps one from opening.
    Status wait_until_ready(std::chrono::milliseconds timeout);

    /// Waits until every running sink has stored all that is durable now. False if the time ran out.
    bool drain(std::chrono::milliseconds timeout);
    /// No sink is driven any more, and nobody waits for one. Queries go on.
    void stop_sinks();
    void close();

private:
    Engine(const Settings& settings, Logger logger);
    Status open_parts();
    std::optional<IngestRefusal> admit();
    Status open_warehouse();
    Status attach_warehouse();
    Status open_tables();
    Status attach_tables();
    SourceList sources() const;
    /// Once both stores are attached.
    void start_reconciler();
    using WarehouseScan = Result<StoreFigures> (*)(Warehouse&, const Contract&, std::span<const ShardEnd>);
    StoreUnderCheck warehouse_check(Sink& sink, StoreContent content, WarehouseScan scan);
    StoreUnderCheck tables_check();
    StoreUnderCheck store_check(Sink& sink);

    const Settings settings_;
    Logger logger_;
    Metrics metrics_;
    std::optional<FolderLock> lock_;
    std::unique_ptr<ContractStore> contracts_;
    std::unique_ptr<Journal> journal_;
    std::unique_ptr<DiskGuard> disk_;
    std::unique_ptr<Delivery> delivery_;
    std::unique_ptr<Ingest> ingest_;

    std::unique_ptr<Warehouse> warehouse_;
    std::unique_ptr<WarehouseSink> warehouse_sink_;
    std::unique_ptr<QuarantineSink> quarantine_sink_;
    std::unique_ptr<QueryService> queries_;
    std::unique_ptr<TableStore> tables_;
    std::unique_ptr<TablesSink> tables_sink_;
    std::unique_ptr<PurchaseHistory> purchases_;
    std::unique_ptr<Reconciler> reconciler_;
    std::atomic<QueryService*> queries_ready_{nullptr};
    std::atomic<PurchaseHistory*> purchases_ready_{nullptr};
    std::atomic<Reconciler*> reconciler_ready_{nullptr};
    std::atomic<int> stores_missing_{2};
    bool closed_ = false;
    // Last: they stop before what they open goes away.
    StoreOpening warehouse_opening_;
    StoreOpening tables_opening_;
};

}  // namespace tillstream::app
