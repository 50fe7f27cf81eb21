// expected_figures.h - the right answer of a simulated run, summed while it is generated.
//
// Why:    it shares no code with contract, ingest or any sink, so that it can convict them.
// Units:  money is scaled by 10^4.
// Source: FACES "CLI output for scripts" (expected.json), "Conventions".
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/decimal.h"

namespace tillstream {

struct ExpectedTotals {
    std::uint64_t rows = 0;
    std::int64_t quantity = 0;
    Int128 line_total = 0;

    void add(const ExpectedTotals& more) {
        rows += more.rows;
        quantity += more.quantity;
        line_total += more.line_total;
    }
};

struct ExpectedFigures {
    std::uint64_t sent = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t duplicates = 0;
    ExpectedTotals accepted;
    std::uint64_t invoices = 0;                     ///< distinct numbers with an accepted row
    std::uint64_t customers = 0;                    ///< distinct ids with an accepted row
    std::map<std::int32_t, ExpectedTotals> by_day;  ///< days since 1970-01-01, UTC
    std::map<std::string, ExpectedTotals> by_country;
};

/// {sent,accepted,quarantined,duplicates,quantity,line_total,invoices,customers,
///  by_day:{"2010-12-01":{rows,quantity,line_total}},by_country:{…}}, ends with a line break.
std::string format_expected_json(const ExpectedFigures& figures);

}  // namespace tillstream
