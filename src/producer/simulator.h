// simulator.h - a made-up shop that sells like a real one, with the right answer beside it.
//
// What:       sales of several stores as NDJSON, in the key styles, number forms and date forms real
//             producers use, with cancellations, write-offs, bad debts, repeated lines, late invoices,
//             records that must be refused (each reason a JSON producer can cause under the built-in
//             contract) and repeated event ids.
// Same seed:  same options, same bytes, on every platform; fewer rows are a prefix of more. Event ids begin
//             with a hash of the options, so that two different runs never claim each other's ids.
// Threads:    one.
// Limits:     memory does not grow with rows, but for one entry a simulated day.
// Source:     FACES "CLI output for scripts" (simulate), "Decode".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/env.h"
#include "core/result.h"
#include "producer/expected_figures.h"

namespace tillstream {

struct SimulationOptions {
    std::uint64_t seed = 1;
    std::uint64_t rows = 100'000;  ///< records in the file, bad and repeated ones included
    std::uint32_t stores = 3;
    std::uint32_t products = 4'000;
    std::uint32_t customers = 4'400;
    std::uint32_t invoices_per_day = 85;  ///< of one store
    std::int32_t first_day = 14'944;      ///< days since 1970-01-01; 2010-12-01
    double bad_rate = 0.005;              ///< share of records that must be refused
    double late_rate = 0.02;              ///< share of invoices one to nine days behind their neighbours
    double duplicate_rate = 0;            ///< share of records that repeat the event id of an earlier one
    double cancellation_rate = 0.15;      ///< share of invoices; they are short, so about 2 % of the records
};

/// invalid_argument if a number makes no shop: no store, a rate outside 0..1, ….
Status check_options(const SimulationOptions& options);

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

struct SimulatedRecord {
    std::string_view line;  ///< without its line break
    std::string_view key;   ///< partition key
};

/// Writes what it generates to `dir`/sales.ndjson. open -> next* -> finish; nothing is complete before
/// finish.
class SimulationWriter {
public:
    static Result<SimulationWriter> open(const SimulationOptions& options, Filesystem& fs,
                                         const std::string& dir);

    /// Views live until the next call; nothing after the last record.
    Result<std::optional<SimulatedRecord>> next();
    /// Writes `dir`/expected.json for the records made so far.
    Result<ExpectedFigures> finish();

private:
    SimulationWriter(const SimulationOptions& options, Filesystem& fs, std::string dir,
                     std::unique_ptr<File> file);
    Status flush();

    ShopSimulator shop_;
    Filesystem* fs_;
    std::string dir_;
    std::unique_ptr<File> file_;
    std::uint64_t written_ = 0;
    std::string block_;
};

/// Writes `dir`/sales.ndjson and `dir`/expected.json (made if absent, replaced if present; the answer last).
Result<ExpectedFigures> simulate(const SimulationOptions& options, Filesystem& fs, const std::string& dir);

}  // namespace tillstream
