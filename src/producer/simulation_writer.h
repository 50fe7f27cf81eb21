// simulation_writer.h - a simulated shop as files: sales.ndjson, and expected.json with the right answer.
//
// Lifecycle:  open -> next* -> finish; nothing is complete before finish, which writes the answer last.
// Errors:     of the options (invalid_argument) and of the file system.
// Source:     FACES "CLI output for scripts" (simulate).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/env.h"
#include "core/result.h"
#include "producer/simulator.h"

namespace tillstream {

struct SimulatedRecord {
    std::string_view line;  ///< without its line break
    std::string_view key;   ///< partition key
};

class SimulationWriter {
public:
    /// Makes `dir` if absent, and an empty `dir`/sales.ndjson.
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
