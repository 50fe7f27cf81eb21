// invoice_rows.h - the accepted lines of one commit, dealt out to their invoices in order of arrival.
//
// Memory:  kept from commit to commit; nothing is allocated per row once it has grown.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "ports/sink.h"
#include "ports/table_store.h"
#include "sinks/tables/internal/hash_index.h"
#include "sinks/tables/internal/values.h"
#include "sinks/tables/sale_shape.h"

namespace tillstream::tables {

/// A row: record `index` of batch `batch`.
struct RowRef {
    std::uint32_t batch = 0;
    std::uint32_t index = 0;
};

/// What a line may have, so that every item it goes into stays within the store's limits.
struct LineLimits {
    std::size_t invoice_no_bytes = 0;
    std::size_t text_bytes = 0;  ///< stock code, description and country together
};

class InvoiceRows {
public:
    static constexpr std::uint32_t kNone = HashIndex::kNone;

    struct Invoice {
        std::string_view number;
        std::uint32_t first = 0;  ///< row number; `next` leads on
        std::uint32_t last = 0;
    };

    explicit InvoiceRows(const TableCapabilities& store);

    /// Refers to `batch` until the next call. invalid_argument for a line the tables cannot hold.
    Status deal(const SinkBatch& batch);

    const std::vector<Invoice>& invoices() const { return invoices_; }
    std::size_t rows() const { return rows_.size(); }
    /// The next row of the same invoice; kNone at the end.
    std::uint32_t next(std::uint32_t row) const { return next_[row]; }
    RowRef ref(std::uint32_t row) const { return rows_[row]; }
    /// What the lines of a batch have in common.
    const ChunkHead& head_of(std::uint32_t batch) const { return batches_[batch].head; }
    StoredLine line(std::uint32_t row) const;

private:
    struct Batch {
        const LogBatch* log = nullptr;
        const RowBatch* rows = nullptr;
        const SaleShape* shape = nullptr;  ///< null: no lines of invoices
        ChunkHead head;
    };

    const SaleShape* shape_of(const LogBatch& batch);
    Status deal(std::uint32_t batch);
    void append(RowRef ref, std::string_view number);

    const LineLimits limits_;
    std::map<std::string, std::optional<SaleShape>, std::less<>> shapes_;  ///< by contract id
    std::vector<Batch> batches_;
    std::vector<RowRef> rows_;
    std::vector<std::uint32_t> next_;
    std::vector<Invoice> invoices_;
    HashIndex index_;
    std::uint32_t last_ = kNone;  ///< invoice of the row before
};

}  // namespace tillstream::tables
