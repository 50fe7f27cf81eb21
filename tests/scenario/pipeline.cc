#include "tests/scenario/pipeline.h"

#include <future>

#include "contract/embedded_datasets.h"
#include "quarantine/sink_reject.h"
#include "sinks/warehouse/figures.h"
#include "tests/scenario/scenario.h"

namespace tillstream {

namespace {

constexpr std::uint32_t kShards = 4;

std::unique_ptr<ContractStore> open_contracts(const std::string& dir) {
    std::vector<ContractText> texts;
    for (const EmbeddedDataset& dataset : embedded_datasets()) {
        texts.emplace_back(std::string(dataset.name) + ".toml", dataset.text);
    }
    must(posix_filesystem().make_dirs(dir + "/state"));
    return must(ContractStore::open(posix_filesystem(), dir + "/state", texts, ""));
}

std::unique_ptr<Journal> open_journal(const std::string& dir, Metrics& metrics) {
    JournalOptions options;
    options.fatal = [](const Error& error) { ADD_FAILURE() << "the log failed: " << error.message; };
    return must(Journal::open(posix_filesystem(), system_clock(), dir + "/log", std::move(options),
                              Logger::silent(), metrics));
}

/// Quick retries: a test need not wait for a sink's long back-off.
SinkPolicy policy() {
    SinkPolicy policy;
    policy.retry_max = std::chrono::milliseconds{400};
    return policy;
}

class FirstCell final : public ResultVisitor {
public:
    void columns(std::span<const ResultColumn>) override {}
    bool row(std::span<const Cell> cells) override {
        if (const auto* number = std::get_if<std::int64_t>(&cells[0])) text = std::to_string(*number);
        if (const auto* string = std::get_if<std::string_view>(&cells[0])) text = *string;
        return false;
    }
    std::string text;
};

}  // namespace

Pipeline::Pipeline(const std::string& dir)
    : contracts_(open_contracts(dir)),
      journal_(open_journal(dir, metrics_)),
      sources_([this] { return journal_->sources(); }),
      store_(must(DuckdbWarehouse::open(dir + "/warehouse.duckdb", {}, Logger::silent(), metrics_))),
      warehouse_sink_(*store_, sources_),
      quarantine_sink_(*store_, sources_),
      warehouse_faults_(warehouse_sink_),
      quarantine_faults_(quarantine_sink_),
      reconciler_(*journal_, *contracts_) {
    for (const ContractPtr& contract : contracts_->all()) must(warehouse_sink_.prepare(*contract));
    must(quarantine_sink_.prepare());
    const SourceId system = must(journal_->register_stream(kSystemStream, 1)).front().id;
    delivery_ = std::make_unique<Delivery>(SinkSurroundings{*journal_, *contracts_, posix_filesystem(),
                                                            dir + "/state", system_clock(), journal_->epoch(),
                                                            system, Logger::silent(), metrics_});
    must(delivery_->add(warehouse_faults_, policy()));
    must(delivery_->add(quarantine_faults_, policy()));
    ingest_ = must(Ingest::open(*journal_, *contracts_, kShards, {}, [] { return std::nullopt; }, metrics_));
    check_stores();
}

Pipeline::~Pipeline() {
    delivery_->stop();
    journal_->close();
}

void Pipeline::check_stores() {
    const auto add = [this](Sink& sink, StoreContent content, auto scan) {
        StoreUnderCheck store;
        store.name = sink.name();
        store.content = content;
        store.scan = [this, scan](const Contract& contract, std::span<const ShardEnd> ends) {
            return scan(*store_, contract, ends);
        };
        store.positions = [&sink] { return sink.positions(); };
        store.wait_for = [this, name = store.name](const Position& end, std::chrono::milliseconds timeout) {
            return delivery_->progress(name)->wait_for(end, timeout);
        };
        reconciler_.add(std::move(store));
    };
    add(warehouse_sink_, StoreContent::accepted, scan_facts);
    add(quarantine_sink_, StoreContent::quarantined, scan_quarantine);
}

IngestReceipt Pipeline::post(const std::string& sales) {
    std::promise<IngestOutcome> outcome;
    IngestBody body;
    body.bytes.append(sales);
    ingest_->submit("sales", std::move(body),
                    [&](IngestOutcome done) { outcome.set_value(std::move(done)); });
    IngestOutcome done = outcome.get_future().get();
    if (auto* refusal = std::get_if<IngestRefusal>(&done)) throw std::runtime_error(refusal->detail);
    return std::move(std::get<IngestReceipt>(done));
}

Reconciliation Pipeline::verify() {
    // A refusal by one sink is a record of the log, which the quarantine sink must have passed too: the
    // second time.
    for (int times = 0; times < 2; ++times) {
        for (const char* sink : {"warehouse", "quarantine"}) {
            EXPECT_TRUE(comes_level(sink)) << sink << ": " << status(sink).error;
        }
    }
    return must(reconciler_.run("sales", std::chrono::seconds{60}));
}

std::string Pipeline::query_value(const std::string& sql) {
    FirstCell cell;
    const auto outcome = store_->query(sql, {}, {}, cell);
    if (const auto* wrong = std::get_if<SqlError>(&outcome)) throw std::runtime_error(wrong->message);
    // Ending the query behind its first row is this visitor's own doing.
    return cell.text;
}

SinkStatus Pipeline::status(std::string_view sink) const {
    for (SinkStatus& status : delivery_->status()) {
        if (status.name == sink) return std::move(status);
    }
    throw std::runtime_error("no sink named " + std::string(sink));
}

bool Pipeline::comes_level(std::string_view sink) const {
    return delivery_->progress(sink)->wait_for(journal_->durable_end(), std::chrono::minutes{1});
}

std::uint64_t Pipeline::lag_records(std::string_view sink) const {
    std::uint64_t passed = 0;
    for (const SourceInfo& source : journal_->sources()) {
        if (source.stream == "sales") passed += delivery_->progress(sink)->next(source.id).value;
    }
    const std::uint64_t end = end_of("sales");
    return end > passed ? end - passed : 0;
}

std::uint64_t Pipeline::control_records() const { return end_of(kSystemStream); }

std::uint64_t Pipeline::end_of(std::string_view stream) const {
    std::uint64_t records = 0;
    const Position end = journal_->durable_end();
    for (const SourceInfo& source : journal_->sources()) {
        if (source.stream != stream) continue;
        for (const SourceOffset& offset : end) records += offset.source == source.id ? offset.next.value : 0;
    }
    return records;
}

}  // namespace tillstream
