// seed_invoice.h - looks an invoice up and writes it as the original systems' item: of each stock code its
// last line, from the record that was received.
//
// Place:    positions of the lines from the tables, records from the log.
// Order:    of attributes: that in which the lines given arrived.
// Gone:     a line whose record the log has no more (retention, damage) is given as the tables know it, and
//           counted.
// Limits:   kLinesMax lines an invoice, kBytesMax of JSON; over them there is no answer, but a reason.
// Errors:   not_found (no such invoice), else those of the stores.
// Threads:  any that may wait.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "catalog/contract_store.h"
#include "core/result.h"
#include "ports/event_log.h"
#include "sinks/tables/purchase_history.h"

namespace tillstream::http_door {

struct SeedInvoice {
    static constexpr std::size_t kLinesMax = PurchaseHistory::kLimitMax;
    static constexpr std::size_t kBytesMax = std::size_t{16} << 20;

    std::string json;
    std::uint64_t lines_from_tables = 0;  ///< whose records are gone
    std::string too_large;                ///< why there is no json; empty: there is
};

Result<SeedInvoice> find_seed_invoice(const PurchaseHistory& history, EventLog& log,
                                      const ContractStore& contracts, std::string_view invoice_no);

}  // namespace tillstream::http_door
