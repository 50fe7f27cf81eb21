// ledger.h - what the clients know of every request they sent: the outside truth that the stores are held
// against.
//
// Place:    lives in the test's process, never in the server's, and is filled by what the answers say.
// Threads:  one at a time; each client fills its own, they are joined after the kill.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/crash/request_maker.h"

namespace tillstream {

enum class Fate : std::uint8_t {
    acknowledged,  ///< a 200: every record is there exactly once
    refused,       ///< a 4xx or 503, or never sent: no record is there
    unknown,       ///< cut off: all records are there once, or none
};

struct RecordPlace {
    std::uint32_t shard = 0;
    std::uint64_t offset = 0;
};

struct LedgerEntry {
    std::string id;
    Fate fate = Fate::unknown;
    std::uint64_t accepted = 0;         ///< known-good records sent
    std::uint64_t quarantined = 0;      ///< known-bad ones
    std::int64_t quantity = 0;          ///< of the known-good ones
    std::int64_t cents = 0;             ///< quantity times price of them, in hundredths
    std::int64_t customer = 0;          ///< all of them are this customer's
    std::vector<std::string> invoices;  ///< the numbers that hold at least one of them
    std::vector<RecordPlace> places;    ///< as the answer gave them, by index; only with ?detail=all
    /// Of an unknown one that can be sent again without harm.
    std::shared_ptr<const CrashRequest> again;
};

using Ledger = std::vector<LedgerEntry>;

struct LedgerTotals {
    std::uint64_t acknowledged_records = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t refused = 0;
    std::uint64_t unknown = 0;
};

LedgerTotals totals_of(const Ledger& ledger);

}  // namespace tillstream
