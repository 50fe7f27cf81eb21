#include "sinks/tables/tables_sink.h"

#include "sinks/tables/internal/layout.h"
#include "sinks/tables/internal/purchase_builder.h"
#include "sinks/tables/sale_shape.h"

namespace tillstream {

Result<std::unique_ptr<TablesSink>> TablesSink::open(TableStore& store) {
    if (!store.capabilities().atomic_commit) {
        return failure(Errc::unsupported,
                       "the table store cannot commit rows and positions together; sink tables needs that");
    }
    return std::unique_ptr<TablesSink>(new TablesSink(store));
}

TablesSink::TablesSink(TableStore& store)
    : store_(store), builder_(std::make_unique<tables::PurchaseBuilder>(store)) {}

TablesSink::~TablesSink() = default;

bool TablesSink::wants(const LogBatch& batch) const {
    return batch.kind == BatchKind::data && may_hold_sales(batch.contract);
}

Status TablesSink::commit(const SinkBatch& batch, Epoch epoch) {
    TableCommit commit{.consumer = kName, .writes = TILLSTREAM_TRY(builder_->build(batch))};
    commit.advance(batch.ranges, epoch);
    {
        const PurchaseStamps::Change change(stamps_, commit.writes);
        TILLSTREAM_CHECK(store_.commit(commit));
    }
    if (!commit.writes.empty()) remember(batch);
    return {};
}

void TablesSink::remember(const SinkBatch& batch) {
    for (const LogBatch& log : batch.batches) {
        if (!wants(log) || log.count() == 0) continue;
        good_ = log;
        return;
    }
}

Status TablesSink::rehearse(const SinkBatch& batch) {
    return store_.rehearse({.consumer = kName, .writes = TILLSTREAM_TRY(builder_->build(batch))});
}

Status TablesSink::probe() {
    if (good_.rows.batch != nullptr) return rehearse({{good_}, {}});
    // Nothing was stored by this process yet: an item that is never written.
    const TableWrite write{.key = {tables::kInvoices, "probe", tables::kHeadSort}};
    return store_.rehearse({.consumer = kName, .writes = {&write, 1}});
}

Status TablesSink::reset() {
    const std::string_view written[] = {tables::kInvoices, tables::kCustomers};
    const PurchaseStamps::Change change(stamps_);
    return store_.clear(kName, written);
}

}  // namespace tillstream
