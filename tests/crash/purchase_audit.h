// purchase_audit.h - the ledger against the purchase histories, read by REST.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/result.h"
#include "tests/crash/ledger.h"
#include "tests/support/shop_client.h"

namespace tillstream {

class PurchaseAudit {
public:
    /// A request that the stores must hold.
    void add(const LedgerEntry& entry);
    /// Totals of every customer; pages, lines and sums of some invoices. How many customers there were.
    Result<std::uint64_t> check(ShopClient& client) const;

private:
    struct Bought {
        std::int64_t invoices = 0;
        std::int64_t lines = 0;
        std::int64_t units = 0;
        std::int64_t cents = 0;
    };
    std::map<std::int64_t, Bought> customers_;
    std::vector<LedgerEntry> samples_;
};

}  // namespace tillstream
