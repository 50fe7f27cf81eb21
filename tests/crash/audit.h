// audit.h - holds the stores against the ledger, through the doors only.
//
// Invariants (reliability: the ledger): acknowledged exactly once; refused nowhere; unknown wholly or not at
// all; no
//            identity twice; offsets dense and as answered; exact sums; verify agrees; a recovery changes
//            nothing.
// Errors:    a broken invariant is a failure that names the request and both figures.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "tests/crash/ledger.h"
#include "tests/support/shop_client.h"

namespace tillstream {

struct AuditCounts {
    std::uint64_t offsets_checked = 0;
    std::uint64_t unknown_present = 0;
    std::uint64_t customers_checked = 0;  ///< purchase histories read by REST
};

/// One round's requests, grouped by the server, compared one by one; then every customer's purchase history,
/// and some invoices line by line.
Result<AuditCounts> audit_round(ShopClient& client, int round, const Ledger& ledger);

/// Over all rounds: verify is ok, offsets of each shard are dense and unique. The answer is a text of every
/// figure, equal before and after a recovery that changes nothing.
Result<std::string> audit_whole(ShopClient& client);

}  // namespace tillstream
