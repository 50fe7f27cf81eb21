// resend.h - what a careful producer does after a crash: it sends again what got no answer.
//
// Rule:     only where a key or event ids make that safe. Then every record is there exactly once, whether or
//           not the first attempt was stored: the entry counts as acknowledged from then on.
#pragma once

#include <cstdint>

#include "core/result.h"
#include "tests/crash/ledger.h"
#include "tests/support/shop_client.h"

namespace tillstream {

struct ResendCounts {
    std::uint64_t resent = 0;
    std::uint64_t were_there = 0;  ///< the first attempt had been stored
};

/// Twice each: the second answer must be as if nothing had happened in between.
Status resend(ShopClient& client, Ledger& ledger, ResendCounts& counts);

}  // namespace tillstream
