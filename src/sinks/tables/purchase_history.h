// purchase_history.h - what a customer bought and what an invoice holds, read by key from the tables.
//
// Place:    the REST door reads through it; TablesSink writes what it reads.
// Lists:    a cursor names the last entry that was given, so it stays valid under writes: entries that come
//           later appear where they belong, none that was given comes again, none that stays put is left out.
// Errors:   not_found (unknown invoice or customer), invalid_argument (limit, or a cursor that no answer
//           gave), corruption (stored bytes damaged: the message says how to rebuild), else the store's.
// Threads:  any, also while the sink commits. An answer holds whole commits; head and lines of an invoice
//           belong together even if more lines arrive between two pages.
// Source:   FACES "Reads": invoices, customers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/decimal.h"
#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "ports/table_store.h"
#include "sinks/tables/purchase_stamps.h"

namespace tillstream {

/// value / 10^scale: format_decimal(value, scale).
struct Amount {
    Int128 value = 0;
    int scale = 0;
    friend bool operator==(const Amount&, const Amount&) = default;
};

struct InvoiceLine {
    std::uint64_t line = 0;  ///< order of arrival within the invoice, from 1
    std::string stock_code;
    std::optional<std::string> description;
    std::int64_t quantity = 0;
    Amount unit_price;
    Amount line_total;
    Timestamp time;
    /// Where the log has it. FACES `position` is encode_position({{source, Offset{offset.value + 1}}}).
    SourceId source;
    Offset offset;
    friend bool operator==(const InvoiceLine&, const InvoiceLine&) = default;
};

/// Head of a whole invoice and some of its lines.
struct InvoicePage {
    std::string invoice_no;
    std::optional<std::int64_t> customer_id;  ///< of the first line that has one
    Timestamp time;                           ///< of the earliest line
    std::optional<std::string> country;       ///< of the first line; none if that line has none
    std::uint64_t lines = 0;
    Int128 units = 0;
    Amount total;
    std::vector<InvoiceLine> items;  ///< in order of `line`
    std::string next;                ///< empty at the end
};

struct CustomerTotals {
    std::int64_t customer_id = 0;
    std::optional<std::string> country;  ///< of the newest line by (time, invoice_no, line)
    std::uint64_t invoices = 0;
    std::uint64_t lines = 0;
    Int128 units = 0;
    Amount total;
    Timestamp first;  ///< of the earliest line
    Timestamp last;   ///< of the latest line
    friend bool operator==(const CustomerTotals&, const CustomerTotals&) = default;
};

/// The customer's own lines of one invoice.
struct CustomerInvoice {
    std::string invoice_no;
    Timestamp time;  ///< of the earliest of these lines
    std::uint64_t lines = 0;
    Int128 units = 0;
    Amount total;
    std::optional<std::string> country;  ///< of the first of these lines
    friend bool operator==(const CustomerInvoice&, const CustomerInvoice&) = default;
};

struct CustomerInvoices {
    std::vector<CustomerInvoice> invoices;
    std::string next;  ///< empty at the end
};

enum class ListOrder : std::uint8_t { ascending, descending };

/// By (time, invoice_no), the number compared as bytes. `from` inclusive, `to` exclusive.
struct CustomerInvoicesQuery {
    std::optional<Timestamp> from = std::nullopt;
    std::optional<Timestamp> to = std::nullopt;
    ListOrder order = ListOrder::descending;
    std::size_t limit = 1000;
    std::string_view cursor = {};  ///< `next` of the page before; empty: from the beginning
};

class PurchaseHistory {
public:
    static constexpr std::size_t kLimitMax = 10'000;

    /// `store` and `stamps` outlive this object. Stamps are those of the store's only writer; without them
    /// answers have none.
    explicit PurchaseHistory(TableStore& store, const PurchaseStamps* stamps = nullptr)
        : store_(store), stamps_(stamps) {}

    /// For readers that keep answers: take the stamp, then read. Nothing: what is read now must not be kept.
    std::optional<PurchaseStamp> customer_stamp(std::int64_t customer_id) const {
        return stamps_ ? stamps_->customer(customer_id) : std::nullopt;
    }
    std::optional<PurchaseStamp> invoice_stamp(std::string_view invoice_no) const {
        return stamps_ ? stamps_->invoice(invoice_no) : std::nullopt;
    }

    /// `limit` 1 to kLimitMax lines; `cursor` as in CustomerInvoicesQuery.
    Result<InvoicePage> invoice(std::string_view invoice_no, std::size_t limit,
                                std::string_view cursor = {}) const;
    Result<CustomerTotals> customer(std::int64_t customer_id) const;
    Result<CustomerInvoices> customer_invoices(std::int64_t customer_id,
                                               const CustomerInvoicesQuery& query) const;

private:
    TableStore& store_;
    const PurchaseStamps* stamps_;
};

}  // namespace tillstream
