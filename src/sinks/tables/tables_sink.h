// tables_sink.h - keeps every invoice's lines and every customer's purchases by key, with its positions in
// the same commit.
//
// Place:     a consumer of the log, driven by delivery; PurchaseHistory reads what it writes.
// Content:   accepted records of dataset `sales` (sale_shape.h); rejected ones, other datasets, and versions
//            of `sales` without that shape are passed over.
// Store:     needs atomic_commit: rows of several items and the position change together.
// Memory:    keeps one batch it has stored, as known-good data for probe; buffers of the size of a commit.
// Threads:   one at a time (a delivery strand).
// Errors:    see ports/sink.h. invalid_argument names the limit a record breaks: invoice_no and texts as long
//            as keys and items of the store may be (RocksDB's hold the largest record), amounts of 30 digits.
#pragma once

#include <memory>

#include "ports/sink.h"
#include "ports/table_store.h"
#include "sinks/tables/purchase_stamps.h"

namespace tillstream {

namespace tables {
class PurchaseBuilder;
}

class TablesSink final : public Sink {
public:
    /// unsupported if the store cannot commit atomically. `store` outlives the sink.
    static Result<std::unique_ptr<TablesSink>> open(TableStore& store);
    ~TablesSink() override;

    std::string_view name() const override { return kName; }
    bool wants(const LogBatch& batch) const override;
    Result<std::vector<SinkPosition>> positions() override { return store_.positions(kName); }
    /// What a crash now would leave at least: what the log keeps must reach back to here.
    Result<std::vector<SinkPosition>> persisted() { return store_.persisted(kName); }
    Status commit(const SinkBatch& batch, Epoch epoch) override;
    Status rehearse(const SinkBatch& batch) override;
    Status probe() override;
    Status reset() override;

    /// For readers of the same store, as long as this sink is its only writer; they must not outlive it.
    const PurchaseStamps& stamps() const { return stamps_; }

    static constexpr std::string_view kName = "tables";

private:
    explicit TablesSink(TableStore& store);
    void remember(const SinkBatch& batch);

    TableStore& store_;
    PurchaseStamps stamps_;
    std::unique_ptr<tables::PurchaseBuilder> builder_;
    LogBatch good_;  ///< some lines that were stored; no rows before the first
};

}  // namespace tillstream
