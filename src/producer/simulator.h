// simulator.h - a made-up shop that sells like a real one, with the right answer beside it.
//
// What:       sales of several stores, each with its own invoice numbers, customers, country, hours and way
//             of writing JSON; products and customers by Zipf's law; the quirks of real files (quirks.h);
//             late invoices; records that must be refused, for each reason a JSON producer can cause under
//             the built-in contract; repeated event ids.
// Same seed:  same options, same bytes, on every platform. Without `days`, fewer rows are a prefix of more.
//             Event ids begin with a hash of the options, so that two different runs never claim each
//             other's.
// Threads:    one.
// Limits:     memory does not grow with rows, but for one entry a simulated day (at most 36,525) and the
//             customers (at most a million).
// Source:     FACES "CLI output for scripts" (simulate), "Decode", "Ingest" (event ids).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "producer/expected_figures.h"
#include "producer/simulation_options.h"

namespace tillstream {

/// Generates record after record.
class ShopSimulator {
public:
    /// Expects checked options.
    explicit ShopSimulator(const SimulationOptions& options);
    ShopSimulator(ShopSimulator&&) noexcept;
    ~ShopSimulator();

    /// Appends the next record as one line with its line break; false (nothing appended) after the last.
    bool append_next(std::string& out);
    /// Number of the invoice of the record appended last: its partition key. Valid until the next call.
    std::string_view partition_key() const;
    /// The answer for what has been generated so far; complete at any time.
    ExpectedFigures figures() const;

private:
    class Shop;
    std::unique_ptr<Shop> shop_;
};

}  // namespace tillstream
