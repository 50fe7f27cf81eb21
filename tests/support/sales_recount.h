// sales_recount.h - what a file of sales adds up to, counted by somebody who never saw the program.
//
// Why:     it shares no code with the simulator, whose answer it checks, nor with contract, ingest or a sink.
//          It reads the text as a careful person would, slowly, and knows only what a simulated shop writes.
// Source:  FACES "Decode", "Ingest" (event ids), "CLI output for scripts" (expected.json).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/decimal.h"

namespace tillstream {

struct RecountedSale {
    std::string invoice;
    std::string day;
    std::string country;
    std::string customer;  ///< empty: none
    std::int64_t quantity = 0;
    std::int64_t price = 0;  ///< scaled by 10^4
};

/// A record without its line break; nothing if it must be refused.
std::optional<RecountedSale> recount_sale(const std::string& line);

/// At least two decimals, without further zeros, of an amount scaled by 10^4.
std::string money_text(Int128 scaled);

/// A member of a flat record as written, without quotes and backslashes; nothing if the record has none.
std::optional<std::string> member_text(const std::string& line, const std::string& key);

class SalesRecount {
public:
    struct Sum {
        std::int64_t rows = 0;
        std::int64_t quantity = 0;
        Int128 line_total = 0;
    };

    /// Records in the order in which they were sent, one a line.
    void add(const std::string& ndjson);

    std::uint64_t sent = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t duplicates = 0;
    Sum accepted;
    std::map<std::string, Sum> by_day, by_country, by_invoice, by_customer;

    /// As expected.json is written, byte for byte.
    std::string expected_json() const;

private:
    std::set<std::string> accepted_ids_, rejected_;
};

}  // namespace tillstream
