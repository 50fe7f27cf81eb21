// purchase_builder.h - the writes that bring a commit's lines into the tables: what is stored plus the lines.
//
// Rule:     everything follows from what the store held at the positions the commit starts from and from the
//           lines, in their order: the same commit again, from the same positions, is the same writes.
// Reads:    one head per invoice, one total per customer and source, and a share where an invoice has more
//           than one customer.
// Memory:   kept from commit to commit; nothing is allocated per row once it has grown.
#pragma once

#include <deque>
#include <vector>

#include "core/result.h"
#include "ports/sink.h"
#include "ports/table_store.h"
#include "sinks/tables/internal/hash_index.h"
#include "sinks/tables/internal/invoice_rows.h"
#include "sinks/tables/internal/values.h"
#include "sinks/tables/internal/write_list.h"

namespace tillstream::tables {

class PurchaseBuilder {
public:
    explicit PurchaseBuilder(TableStore& store) : store_(store), rows_(store.capabilities()) {}

    /// The writes of a commit, valid until the next call and as long as `batch`. invalid_argument for a line
    /// the tables cannot hold, corruption for a stored value that cannot be read, resource_exhausted if a sum
    /// grows beyond 128 bits.
    Result<std::span<const TableWrite>> build(const SinkBatch& batch);

private:
    /// Consecutive lines of one invoice that came in one batch and belong to one customer, or to none.
    struct Run {
        SourceId source;
        std::optional<std::int64_t> customer;
        Share share;
        Timestamp last;
        std::uint64_t last_line = 0;  ///< the newest line by (time, line)
        OptionalText last_country;
    };
    /// What the tables will hold of one customer in the invoice at hand.
    struct OpenShare {
        std::int64_t customer = 0;
        bool in_head = false;
        bool stored = false;
        Timestamp stored_time;
        Share share;
    };
    /// What they will hold of one customer and source.
    struct OpenPart {
        std::int64_t customer = 0;
        SourceId source;
        CustomerPart part;
    };

    Status add_invoice(const InvoiceRows::Invoice& invoice);
    Result<bool> read_stored_head(std::string_view number);
    Status add_lines(const InvoiceRows::Invoice& invoice);
    void begin_chunk(std::uint64_t first_line, const ChunkHead& common);
    void end_chunk(std::string_view number);
    Status add_run(std::string_view number, const Run& run);
    Result<OpenShare*> share_of(std::string_view number, std::int64_t customer);
    std::uint32_t find_share(std::int64_t customer);
    Status read_share_of(std::string_view number, OpenShare& share);
    Result<OpenPart*> part_of(std::int64_t customer, SourceId source);
    void put_shares(std::string_view number);
    void put_parts();
    TableItem& item(std::deque<TableItem>& items, std::size_t number);

    TableStore& store_;
    InvoiceRows rows_;
    WriteList writes_;
    ChunkWriter chunk_;
    Buffer lines_;                  ///< of the chunk
    std::uint64_t chunk_line_ = 0;  ///< its first; 0: none is open
    Buffer first_lines_;            ///< what the head at hand views

    // Of the invoice at hand.
    bool known_ = false;  ///< the store holds lines of it
    Head head_;
    TableItem head_item_;
    std::vector<OpenShare> shares_;
    std::deque<TableItem> share_items_;  ///< hold what shares_ view
    HashIndex share_index_;
    std::size_t indexed_ = 0;  ///< of shares_; none while they are few

    // Of the commit.
    std::vector<OpenPart> parts_;
    std::deque<TableItem> part_items_;  ///< hold what parts_ view
    HashIndex part_index_;
    std::uint32_t last_part_ = 0;
};

}  // namespace tillstream::tables
