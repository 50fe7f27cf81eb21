#include "app/internal/engine.h"

#include <algorithm>
#include <cstdlib>

#include "app/internal/contract_sources.h"
#include "app/internal/data_folder.h"
#include "app/internal/ops_tables.h"
#include "core/own_thread.h"
#include "ports/position_lookup.h"
#include "quarantine/sink_reject.h"
#include "sinks/tables/figures.h"
#include "sinks/tables/sale_shape.h"
#include "sinks/warehouse/figures.h"

namespace tillstream::app {

namespace {

constexpr const char* kSinks[] = {"warehouse", "tables", "quarantine"};

JournalOptions journal_options(const Settings& settings, const Logger& logger) {
    JournalOptions options;
    options.segment_bytes = settings.log.segment_bytes.bytes;
    // What was sealed is on record in the same folder: that takes of the budget, too.
    options.budget_bytes = settings.log.budget_bytes.bytes / 64 * 63;
    options.queue_bytes = settings.log.queue_bytes.bytes;
    options.tail_bytes = settings.log.tail_bytes.bytes;
    options.seal_bytes = settings.log.seal_bytes.bytes;
    // A shard may fill its share before the sum of all calls for a seal.
    options.seal_total_bytes = std::max(
        options.seal_total_bytes, options.seal_bytes * static_cast<std::uint64_t>(settings.ingest.shards));
    options.keep_bytes = settings.log.keep_bytes.bytes;
    options.retain = std::chrono::duration_cast<std::chrono::seconds>(settings.log.retain);
    options.retain_bytes = settings.log.retain_bytes.bytes;
    // A request lies in one file and fits the queue: small files and queues mean smaller requests.
    options.max_request_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(
        {options.max_request_bytes, options.segment_bytes / 4 * 3, options.queue_bytes}));
    options.fatal = [logger](const Error& error) {
        logger.error(
            "the log could not be written; the process ends, so that nothing is acknowledged without being "
            "stored",
            {{"error", error.message}});
        // The refusals of those who wait are on their way to the io threads: let them be written.
        std::this_thread::sleep_for(std::chrono::seconds{1});
        std::_Exit(1);
    };
    return options;
}

IngestLimits ingest_limits(const Settings& settings) {
    return {settings.ingest.body_bytes_max.bytes, settings.ingest.record_bytes_max.bytes,
            static_cast<int>(settings.ingest.depth_max),
            static_cast<std::size_t>(settings.ingest.records_per_body)};
}

DedupOptions dedup_options(const Settings& settings) {
    DedupOptions options;
    options.window = std::chrono::ceil<std::chrono::hours>(settings.dedup.window);
    options.ids_max = static_cast<std::uint64_t>(settings.dedup.max_ids);
    options.memory_bytes = settings.dedup.memory_bytes.bytes;
    return options;
}

SinkPolicy sink_policy(const Settings& settings) {
    SinkPolicy policy;
    policy.lag_bytes_max = settings.delivery.lag_bytes_max.bytes;
    policy.chunk_bytes = settings.delivery.chunk_bytes.bytes;
    return policy;
}

DuckdbOptions duckdb_options(const Settings& settings) {
    DuckdbOptions options;
    options.memory_bytes = settings.warehouse.memory_bytes.bytes;
    options.spill_bytes = settings.warehouse.spill_bytes.bytes;
    return options;
}

RocksdbOptions rocksdb_options(const Settings& settings) {
    RocksdbOptions options;
    options.memory_bytes = settings.tables.memory_bytes.bytes;
    options.dirty_bytes = settings.tables.dirty_bytes.bytes;
    options.checkpoint_interval =
        std::chrono::duration_cast<std::chrono::milliseconds>(settings.tables.checkpoint_interval);
    return options;
}

QueryServiceOptions query_options(const Settings& settings) {
    QueryServiceOptions options;
    options.concurrent = static_cast<std::size_t>(settings.query.concurrent);
    options.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings.query.timeout);
    options.rows = static_cast<std::uint64_t>(settings.query.rows_max);
    options.answer_bytes = settings.query.answer_bytes_max.bytes;
    options.waiting = static_cast<std::size_t>(settings.query.waiting_max);
    options.patience = std::chrono::duration_cast<std::chrono::milliseconds>(settings.query.waiting_time_max);
    return options;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const Settings& settings, Logger logger) {
    std::unique_ptr<Engine> engine(new Engine(settings, std::move(logger)));
    TILLSTREAM_CHECK(engine->open_parts());
    engine->open_stores();
    return engine;
}

Engine::Engine(const Settings& settings, Logger logger)
    : settings_(settings),
      logger_(std::move(logger)),
      warehouse_opening_("the warehouse", logger_),
      tables_opening_("the operational store", logger_) {}

Engine::~Engine() { close(); }

void Engine::open_stores() {
    warehouse_opening_.start(
        [this] {
            name_own_thread("duckdb");  // as its own threads will be called
            return open_warehouse();
        },
        [this] { return attach_warehouse(); });
    tables_opening_.start([this] { return open_tables(); }, [this] { return attach_tables(); });
}

Status Engine::open_parts() {
    Filesystem& fs = posix_filesystem();
    const std::string& dir = settings_.data.dir;
    TILLSTREAM_CHECK(fs.make_dirs(dir));
    lock_.emplace(TILLSTREAM_TRY(take_folder(fs, dir)));
    contracts_ = TILLSTREAM_TRY(
        ContractStore::open(fs, dir + "/state", built_in_contracts(), datasets_folder(settings_)));
    objects_ = TILLSTREAM_TRY(LocalObjectStore::open(fs, dir));
    JournalOptions log_options = journal_options(settings_, logger_);
    log_options.objects = objects_.get();
    log_options.needed = [this] { return needed_of_log(); };
    journal_ = TILLSTREAM_TRY(Journal::open(fs, system_clock(), dir + "/log", std::move(log_options),
                                            logger_.named("log"), metrics_));
    const SourceId system = TILLSTREAM_TRY(journal_->register_stream(kSystemStream, 1)).front().id;
    disk_ =
        std::make_unique<DiskGuard>(dir, static_cast<std::uint64_t>(settings_.data.disk_share_max_percent));
    delivery_ = std::make_unique<Delivery>(SinkSurroundings{*journal_, *contracts_, fs, dir + "/state",
                                                            system_clock(), journal_->epoch(), system,
                                                            logger_, metrics_});
    for (const char* sink : kSinks) delivery_->announce(sink, settings_.delivery.lag_bytes_max.bytes);
    delivery_ready_ = delivery_.get();
    lake_.emplace(*objects_);
    reconciler_ = std::make_unique<Reconciler>(*journal_, *contracts_);
    reconciler_->add_raw(*lake_);
    deduplicator_ = TILLSTREAM_TRY(
        Deduplicator::open({*journal_, fs, system_clock(), dir + "/state/dedup", system, logger_, metrics_},
                           dedup_options(settings_)));
    deduplicator_ready_ = deduplicator_.get();
    ingest_ = TILLSTREAM_TRY(Ingest::open(
        *journal_, *contracts_, static_cast<std::uint32_t>(settings_.ingest.shards), ingest_limits(settings_),
        [this] { return admit(); }, metrics_, deduplicator_.get()));
    return {};
}

Position Engine::needed_of_log() const {
    const Delivery* delivery = delivery_ready_;
    const Deduplicator* deduplicator = deduplicator_ready_;
    if (delivery == nullptr || deduplicator == nullptr) return {};
    const auto ids = deduplicator->sealed_end();
    if (!ids) return {};
    Position least = *ids;
    for (const char* sink : kSinks) {
        const Progress* progress = delivery->progress(sink);
        if (progress == nullptr) return {};
        for (SourceOffset& entry : least) entry.next = std::min(entry.next, progress->next(entry.source));
    }
    // What the tables hold in memory only, a crash takes back.
    const auto persisted = tables_->persisted(TablesSink::kName);
    if (!persisted) return {};
    for (SourceOffset& entry : least) {
        const SinkPosition* stored = find_position(*persisted, entry.source);
        entry.next = std::min(entry.next, stored == nullptr ? Offset{} : stored->next);
    }
    return least;
}

std::optional<IngestRefusal> Engine::admit() {
    IngestRefusal refusal;
    refusal.kind = IngestRefusal::Kind::overloaded;
    if (auto full = disk_->refusal()) {
        refusal.detail = std::move(*full);
        refusal.retry_after_seconds = 10;
        return refusal;
    }
    if (auto overload = delivery_->overload()) {
        refusal.detail = std::move(overload->reason);
        refusal.retry_after_seconds = overload->retry_after_seconds;
        return refusal;
    }
    return std::nullopt;
}

Status Engine::open_warehouse() {
    warehouse_ = TILLSTREAM_TRY(DuckdbWarehouse::open(settings_.data.dir + "/warehouse.duckdb",
                                                      duckdb_options(settings_), logger_, metrics_));
    return {};
}

/// Called again after a failure: sinks that delivery may drive already stay, and what follows the last step
/// that can fail happens once.
Status Engine::attach_warehouse() {
    const SourceList sources = [this] { return journal_->sources(); };
    if (!warehouse_sink_) warehouse_sink_ = std::make_unique<WarehouseSink>(*warehouse_, sources);
    if (!quarantine_sink_) quarantine_sink_ = std::make_unique<QuarantineSink>(*warehouse_, sources);
    for (const ContractPtr& contract : contracts_->all())
        TILLSTREAM_CHECK(warehouse_sink_->prepare(*contract));
    TILLSTREAM_CHECK(quarantine_sink_->prepare());
    TILLSTREAM_CHECK(add_ops_tables(*warehouse_, *delivery_, *journal_));
    TILLSTREAM_CHECK(delivery_->add(*warehouse_sink_, sink_policy(settings_)));
    TILLSTREAM_CHECK(delivery_->add(*quarantine_sink_, sink_policy(settings_)));
    reconciler_->add(store_check(*warehouse_sink_, StoreContent::accepted,
                                 [this](const Contract& contract, std::span<const ShardEnd> ends) {
                                     return scan_facts(*warehouse_, contract, ends);
                                 }));
    reconciler_->add(store_check(*quarantine_sink_, StoreContent::quarantined,
                                 [this](const Contract& contract, std::span<const ShardEnd> ends) {
                                     return scan_quarantine(*warehouse_, contract, ends);
                                 }));
    queries_ = std::make_unique<QueryService>(*warehouse_, query_options(settings_), metrics_);
    quarantine_list_ = std::make_unique<QuarantineList>(*warehouse_);
    queries_ready_ = queries_.get();
    quarantine_ready_ = quarantine_list_.get();
    return {};
}

Status Engine::open_tables() {
    tables_ = TILLSTREAM_TRY(
        RocksdbTables::open(settings_.data.dir + "/tables", rocksdb_options(settings_), logger_, metrics_));
    return {};
}

/// Called again after a failure, see attach_warehouse.
Status Engine::attach_tables() {
    if (!tables_sink_) tables_sink_ = TILLSTREAM_TRY(TablesSink::open(*tables_));
    TILLSTREAM_CHECK(delivery_->add(*tables_sink_, sink_policy(settings_)));
    StoreUnderCheck check =
        store_check(*tables_sink_, StoreContent::accepted,
                    [this](const Contract& contract, std::span<const ShardEnd> ends) {
                        return scan_lines(*tables_, [this] { return journal_->sources(); }, contract, ends);
                    });
    check.holds = [](const Contract& contract) { return sale_shape(contract).has_value(); };
    reconciler_->add(std::move(check));
    history_ = std::make_unique<PurchaseHistory>(*tables_, &tables_sink_->stamps());
    history_ready_ = history_.get();
    return {};
}

StoreUnderCheck Engine::store_check(Sink& sink, StoreContent content, StoreScan scan) const {
    StoreUnderCheck store;
    store.name = sink.name();
    store.content = content;
    store.scan = std::move(scan);
    store.positions = [&sink] { return sink.positions(); };
    store.wait_for = [this, name = store.name](const Position& end, std::chrono::milliseconds timeout) {
        return delivery_->progress(name)->wait_for(end, timeout);
    };
    return store;
}

std::string Engine::not_ready() const {
    std::string missing = warehouse_opening_.missing();
    const std::string tables = tables_opening_.missing();
    if (!missing.empty() && !tables.empty()) missing += "; ";
    return missing + tables;
}

Status Engine::wait_until_ready(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    TILLSTREAM_CHECK(warehouse_opening_.wait(timeout));
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return tables_opening_.wait(std::max(left, std::chrono::milliseconds{0}));
}

Status Engine::wait_for_store(std::string_view sink, std::chrono::milliseconds timeout) {
    return sink == TablesSink::kName ? tables_opening_.wait(timeout) : warehouse_opening_.wait(timeout);
}

bool Engine::drain(std::chrono::milliseconds timeout) {
    return delivery_->drain(journal_->durable_end(), timeout);
}

void Engine::stop_sinks() {
    tables_opening_.stop();
    warehouse_opening_.stop();
    if (delivery_) delivery_->stop();
}

void Engine::close() {
    if (closed_) return;
    closed_ = true;
    stop_sinks();
    queries_ready_ = nullptr;
    quarantine_ready_ = nullptr;
    history_ready_ = nullptr;
    if (journal_) journal_->close();
    if (deduplicator_) deduplicator_->close();
}

}  // namespace tillstream::app
