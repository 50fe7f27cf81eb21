#include "app/internal/engine.h"

#include <cstdlib>

#include "contract/embedded_datasets.h"
#include "quarantine/sink_reject.h"
#include "sinks/warehouse/figures.h"

namespace tillstream::app {

namespace {

constexpr std::string_view kFormat = "tillstream 1\n";

/// The folder's format, written on first use. A folder of another format is never touched.
Status check_format(Filesystem& fs, const std::string& dir) {
    const std::string path = dir + "/FORMAT";
    if (!TILLSTREAM_TRY(fs.exists(path))) return write_file_atomic(fs, path, kFormat);
    const std::string found = TILLSTREAM_TRY(read_file(fs, path));
    if (found == kFormat) return {};
    return failure(Errc::unsupported, path + " says \"" + found.substr(0, found.find('\n')) +
                                          "\", this program reads \"tillstream 1\"; use the version that wrote the folder");
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const Settings& settings, Logger logger) {
    std::unique_ptr<Engine> engine(new Engine(settings, std::move(logger)));
    TILLSTREAM_CHECK(engine->open_parts());
    engine->warehouse_opener_ = std::thread([raw = engine.get()] { raw->open_warehouse(); });
    return engine;
}

Engine::Engine(const Settings& settings, Logger logger) : settings_(settings), logger_(std::move(logger)) {}

Engine::~Engine() { close(); }

Status Engine::open_parts() {
    Filesystem& fs = posix_filesystem();
    const std::string& dir = settings_.data_dir;
    TILLSTREAM_CHECK(fs.make_dirs(dir));
    lock_.emplace(TILLSTREAM_TRY(FolderLock::acquire(dir)));
    TILLSTREAM_CHECK(check_format(fs, dir));
    const std::string datasets = settings_.datasets_dir.empty() ? dir + "/datasets" : settings_.datasets_dir;
    contracts_ = TILLSTREAM_TRY(ContractStore::open(fs, dir + "/state", embedded_datasets(), datasets));
    JournalOptions journal = settings_.journal;
    journal.fatal = [logger = logger_](const Error& error) {
        logger.error("the log could not be written; the process ends so that nothing is acknowledged that is not stored",
                     {{"error", error.message}});
        std::_Exit(1);
    };
    journal_ = TILLSTREAM_TRY(
        Journal::open(fs, system_clock(), dir + "/log", std::move(journal), logger_.named("log"), metrics_));
    const SourceId system = TILLSTREAM_TRY(journal_->register_stream(kSystemStream, 1)).front().id;
    disk_ = std::make_unique<DiskGuard>(dir, settings_.disk_share_max_percent);
    delivery_ = std::make_unique<Delivery>(SinkSurroundings{*journal_, *contracts_, fs, dir + "/state", system_clock(),
                                                            journal_->epoch(), system, logger_, metrics_});
    ingest_ = TILLSTREAM_TRY(Ingest::open(
        *journal_, *contracts_, settings_.shards, settings_.ingest, [this] { return admit(); }, metrics_));
    return {};
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

void Engine::open_warehouse() {
    Status outcome = attach_warehouse();
    if (!outcome) {
        logger_.error("the warehouse is not available; ingest goes on",
                      {{"error", outcome.error().message}});
    }
    const std::lock_guard lock(opening_mutex_);
    opening_outcome_ = std::move(outcome);
    opened_.notify_all();
}

Status Engine::attach_warehouse() {
    warehouse_ = TILLSTREAM_TRY(DuckdbWarehouse::open(settings_.data_dir + "/warehouse.duckdb", settings_.warehouse,
                                                      logger_.named("warehouse"), metrics_));
    warehouse_sink_ = std::make_unique<WarehouseSink>(*warehouse_);
    quarantine_sink_ = std::make_unique<QuarantineSink>(*warehouse_);
    for (const ContractPtr& contract : contracts_->all()) TILLSTREAM_CHECK(warehouse_sink_->prepare(*contract));
    TILLSTREAM_CHECK(quarantine_sink_->prepare());
    TILLSTREAM_CHECK(delivery_->add(*warehouse_sink_, settings_.sink));
    TILLSTREAM_CHECK(delivery_->add(*quarantine_sink_, settings_.sink));
    queries_ = std::make_unique<QueryService>(*warehouse_, settings_.query);
    queries_ready_ = queries_.get();
    reconciler_ = std::make_unique<Reconciler>(*journal_, *contracts_);
    for (Sink* sink : {static_cast<Sink*>(warehouse_sink_.get()), static_cast<Sink*>(quarantine_sink_.get())}) {
        StoreUnderCheck store;
        store.name = sink->name();
        store.content = sink == warehouse_sink_.get() ? StoreContent::accepted : StoreContent::quarantined;
        store.scan = [this, content = store.content](const Contract& contract, std::span<const ShardEnd> ends) {
            return content == StoreContent::accepted ? scan_facts(*warehouse_, contract, ends)
                                                     : scan_quarantine(*warehouse_, contract, ends);
        };
        store.positions = [sink] { return sink->positions(); };
        store.wait_for = [this, name = store.name](const Position& end, std::chrono::milliseconds timeout) {
            return delivery_->progress(name)->wait_for(end, timeout);
        };
        reconciler_->add(std::move(store));
    }
    reconciler_ready_ = reconciler_.get();
    return {};
}

std::string Engine::not_ready() const {
    const std::lock_guard lock(opening_mutex_);
    if (!opening_outcome_) return "the warehouse is still opening";
    return *opening_outcome_ ? std::string() : "the warehouse is not available: " + opening_outcome_->error().message;
}

Status Engine::wait_until_ready() {
    std::unique_lock lock(opening_mutex_);
    opened_.wait(lock, [&] { return opening_outcome_.has_value(); });
    return *opening_outcome_;
}

bool Engine::drain(std::chrono::milliseconds timeout) {
    return delivery_->drain(journal_->durable_end(), timeout);
}

void Engine::close() {
    if (closed_) return;
    closed_ = true;
    if (warehouse_opener_.joinable()) warehouse_opener_.join();
    if (delivery_) delivery_->stop();
    queries_ready_ = nullptr;
    reconciler_ready_ = nullptr;
    if (journal_) journal_->close();
}

}  // namespace tillstream::app
