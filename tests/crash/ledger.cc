#include "tests/crash/ledger.h"

namespace tillstream {

LedgerTotals totals_of(const Ledger& ledger) {
    LedgerTotals totals;
    for (const LedgerEntry& entry : ledger) {
        switch (entry.fate) {
            case Fate::acknowledged:
                ++totals.acknowledged;
                totals.acknowledged_records += entry.accepted + entry.quarantined;
                break;
            case Fate::refused: ++totals.refused; break;
            case Fate::unknown: ++totals.unknown; break;
        }
    }
    return totals;
}

}  // namespace tillstream
