// reconcile.h - proves that what was received is what every store holds: counts and exact sums, read anew.
//
// Rule:     figures come from re-reading the log's storage and scanning each sink's own store, never from
//           counters.
// Scope:    everything below the log's end seen at the call; later records are left out on both sides, and so
//           are those that retention has taken from the log.
// Threads:  run may be called from any thread, at once; it reads the whole stream.
// Source:   FACES "CLI output for scripts", verify.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/contract_store.h"
#include "core/decimal.h"
#include "core/result.h"
#include "log/sealed_lake.h"
#include "ports/event_log.h"
#include "ports/figures.h"
#include "ports/position.h"

namespace tillstream {

/// One store to compare with the log.
struct StoreUnderCheck {
    std::string name;
    StoreContent content = StoreContent::accepted;
    /// Whether the store holds rows of the contract; it is left out of the check otherwise. None: of every
    /// one.
    std::function<bool(const Contract&)> holds;
    std::function<Result<StoreFigures>(const Contract&, std::span<const ShardEnd>)> scan;
    std::function<Result<std::vector<SinkPosition>>()> positions;
    /// Waits until the store has come to the position; false if `timeout` passed first.
    std::function<bool(const Position&, std::chrono::milliseconds)> wait_for;
};

struct SinkCheck {
    std::string name;
    StoreContent content = StoreContent::accepted;
    StoreFigures figures;
    std::vector<SourceOffset> positions;  ///< of the checked stream's sources
    /// Accepted records this sink refused; quarantined, and not expected here.
    std::uint64_t refused = 0;
    bool ok = false;
    std::string problem;  ///< why not, in a few words
};

/// The sealed objects of the stream, read without the log. They may end before the log does: what lies behind
/// is in the journal still.
struct RawCheck {
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    std::uint64_t quarantined = 0;
    StoreFigures figures;              ///< of the accepted records in them
    std::vector<SourceOffset> sealed;  ///< behind the last record of each source
    bool ok = false;
    std::string problem;  ///< why not, in a few words
};

struct Reconciliation {
    std::string stream;
    std::uint64_t received = 0;
    std::uint64_t accepted = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t quarantined = 0;
    StoreFigures log;        ///< of the accepted records
    std::uint64_t gaps = 0;  ///< damaged parts of the log that were passed over
    std::vector<SinkCheck> sinks;
    std::optional<RawCheck> raw;  ///< nothing if the log is not sealed
    bool ok = false;
};

class Reconciler {
public:
    /// All outlive this object.
    Reconciler(EventLog& log, const ContractStore& contracts) : log_(log), contracts_(contracts) {}

    /// Any time: runs that began before do not look at it. Stores are told in the order of their names.
    void add(StoreUnderCheck store);

    /// Also reads the raw lake from now on; `lake` outlives this object.
    void add_raw(const SealedLake& lake) { lake_ = &lake; }

    /// not_found for an unknown stream; unavailable if a store cannot be read now.
    Result<Reconciliation> run(std::string_view stream, std::chrono::milliseconds wait);

private:
    EventLog& log_;
    const ContractStore& contracts_;
    std::mutex mutex_;
    std::vector<StoreUnderCheck> stores_;
    const SealedLake* lake_ = nullptr;
};

/// FACES form:
/// {received,accepted,duplicates,quarantined,sinks:[{name,rows,quantity,line_total,positions,ok}],ok}, the
/// contract's measures by their names; besides `log` and `raw`.
std::string to_json(const Reconciliation& reconciliation);

}  // namespace tillstream
