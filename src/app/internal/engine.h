// engine.h - the platform put together on one data folder, without any door.
//
// Lifecycle:  open (locks the folder, recovers the log; ingest and reads of the log work from here on) -> the
//             warehouse opens in the background and its sinks join -> drain -> close. The destructor closes.
// Order:      start: lock, format, contracts, log, delivery, deduplicator, ingest, warehouse. Stop: the
//             reverse, ingest first.
// Threads:    accessors from any thread.
// Errors:     of open: resource_exhausted (another process owns the folder: its pid is named),
//             invalid_argument (a contract or option), corruption or unsupported (FORMAT), io.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "adapters/duckdb/duckdb_warehouse.h"
#include "adapters/localfs/local_object_store.h"
#include "adapters/rocksdb/rocksdb_tables.h"
#include "app/internal/disk_guard.h"
#include "app/internal/settings.h"
#include "app/internal/store_opening.h"
#include "catalog/contract_store.h"
#include "core/env.h"
#include "core/log.h"
#include "core/metrics.h"
#include "delivery/delivery.h"
#include "identity/deduplicator.h"
#include "ingest/ingest.h"
#include "log/journal.h"
#include "log/sealed_lake.h"
#include "reconcile/reconcile.h"
#include "sinks/quarantine/quarantine_list.h"
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

    const ContractStore& contracts() const { return *contracts_; }
    Ingest& ingest() { return *ingest_; }
    EventLog& log() { return *journal_; }
    Delivery& delivery() { return *delivery_; }
    Metrics& metrics() { return metrics_; }
    Reconciler& reconciler() { return *reconciler_; }
    /// Null until the warehouse is open.
    QueryService* queries() { return queries_ready_.load(); }
    QuarantineList* quarantine() { return quarantine_ready_.load(); }
    /// Null until the tables are open.
    const PurchaseHistory* history() { return history_ready_.load(); }
    /// Of every stream: the journal is sealed as a whole.
    Status seal(std::string_view stream, std::chrono::milliseconds timeout) {
        return journal_->seal(stream, timeout);
    }
    /// Empty when everything is up; else what is missing and why.
    std::string not_ready() const;
    /// Waits for every store. unavailable if it takes longer, else the error that keeps it from opening.
    Status wait_until_ready(std::chrono::milliseconds timeout);
    /// The same for the store that one sink writes.
    Status wait_for_store(std::string_view sink, std::chrono::milliseconds timeout);

    /// Waits until every running sink has stored all that is durable now. False if the time ran out.
    bool drain(std::chrono::milliseconds timeout);
    /// No sink is driven any more, and nobody waits for one. Queries go on.
    void stop_sinks();
    void close();

private:
    Engine(const Settings& settings, Logger logger);
    Status open_parts();
    void open_stores();
    Status open_warehouse();
    Status attach_warehouse();
    Status open_tables();
    Status attach_tables();
    std::optional<IngestRefusal> admit();
    /// Up to where every sink has stored the log and event ids are sealed: retention goes no further.
    Position needed_of_log() const;
    using StoreScan = std::function<Result<StoreFigures>(const Contract&, std::span<const ShardEnd>)>;
    StoreUnderCheck store_check(Sink& sink, StoreContent content, StoreScan scan) const;

    const Settings settings_;
    Logger logger_;
    Metrics metrics_;
    std::optional<FolderLock> lock_;
    std::unique_ptr<ContractStore> contracts_;
    std::unique_ptr<LocalObjectStore> objects_;
    std::optional<SealedLake> lake_;
    std::unique_ptr<Journal> journal_;
    std::unique_ptr<DiskGuard> disk_;
    std::unique_ptr<Delivery> delivery_;
    std::unique_ptr<Deduplicator> deduplicator_;
    std::unique_ptr<Ingest> ingest_;
    std::unique_ptr<Reconciler> reconciler_;

    std::unique_ptr<Warehouse> warehouse_;
    std::unique_ptr<WarehouseSink> warehouse_sink_;
    std::unique_ptr<QuarantineSink> quarantine_sink_;
    std::unique_ptr<QueryService> queries_;
    std::unique_ptr<QuarantineList> quarantine_list_;
    std::unique_ptr<TableStore> tables_;
    std::unique_ptr<TablesSink> tables_sink_;
    std::unique_ptr<PurchaseHistory> history_;
    /// The log's retention asks before they are made.
    std::atomic<const Delivery*> delivery_ready_{nullptr};
    std::atomic<const Deduplicator*> deduplicator_ready_{nullptr};
    std::atomic<QueryService*> queries_ready_{nullptr};
    std::atomic<QuarantineList*> quarantine_ready_{nullptr};
    std::atomic<const PurchaseHistory*> history_ready_{nullptr};
    bool closed_ = false;
    // Last: they stop before what they open goes away.
    StoreOpening warehouse_opening_;
    StoreOpening tables_opening_;
};

}  // namespace tillstream::app
