// run_store.h - the folder of runs: what is sealed, merged, too old or too much.
//
// Order:      a run is on stable storage before the list names it; the list names no file any more before it
//             is removed. A crash in between leaves files nobody names: open removes them.
// Merging:    runs that follow each other become one when four or more are of like size; none grows beyond a
//             quarter of the window or an eighth of the limit, so that the oldest can be dropped in pieces.
//             So there are about eight large ones and a few small ones, however many ids there are.
// Limits:     over ids_max the oldest run goes first, with a warning and tillstream_dedup_dropped_ids_total.
// Damage:     a run that cannot be opened: everything is forgotten, and the log is read anew (cursor empty).
//             One found damaged later answers no more where it is, and is not merged; the list asks for that
//             at the next start.
// Threads:    runs, look_up and note_damage: any. seal and tidy: one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/env.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/result.h"
#include "identity/internal/id_run.h"
#include "identity/internal/run_list.h"

namespace tillstream::identity {

struct RunSet {
    std::vector<RunPtr> ids;   ///< oldest first
    std::vector<RunPtr> keys;  ///< oldest first
};
using RunSetPtr = std::shared_ptr<const RunSet>;

struct RunLimits {
    Hour keep = 168;  ///< full hours an id is honoured
    std::uint64_t ids_max = 150'000'000;
};

class RunStore {
public:
    static Result<std::unique_ptr<RunStore>> open(Filesystem& fs, std::string dir, RunLimits limits,
                                                  const Logger& logger, Metrics& metrics);

    const SipHashKey& key() const { return list_.key; }
    /// Of the log: everything before it is in the runs. Empty: nothing is.
    const std::string& cursor() const { return list_.cursor; }
    const RunLimits& limits() const { return limits_; }
    RunSetPtr runs() const;

    /// For each hash the kinds (bit_of) under which it is in a run and not too old; adds to `kinds`.
    void look_up(const RunSet& runs, std::span<const IdHash> hashes, Hour now, unsigned* kinds);
    /// The text of a key; empty if it is not there or too old.
    std::string text_of(const RunSet& runs, const IdHash& key, Hour now);

    /// Makes runs of these, which may be empty, and of the cursor that they complete. Sorts `ids`.
    Status seal(std::vector<IdHash>& ids, std::vector<RunEntry> keys, std::string cursor, Hour now);
    /// Nothing is known any more: the runs tell of another log.
    Status forget();
    /// Drops what is too old or too much, merges what is small.
    Status tidy(Hour now);

    std::uint64_t ids() const;
    std::size_t memory_bytes() const;

private:
    RunStore(Filesystem& fs, std::string dir, RunLimits limits, const Logger& logger, Metrics& metrics);
    Status load();
    Status start_anew();
    Status remove_unnamed();
    Status publish(std::vector<RunPtr> all, std::string cursor);
    Status merge_kind(RunKind kind, Hour now);
    Status drop_old(Hour now);
    std::size_t filter_bits(std::uint64_t entries) const;
    bool has_outlived(const IdRun& run, Hour now) const;
    void note_damage(const IdRun& run, const Error& error);
    bool note_damages(const std::vector<RunPtr>& runs);
    std::vector<RunPtr> all_runs() const;

    Filesystem& fs_;
    const std::string dir_;
    const RunLimits limits_;
    Logger logger_;
    RunList list_;
    mutable std::mutex mutex_;
    RunSetPtr runs_ = std::make_shared<const RunSet>();
    std::atomic<bool> damaged_{false};
    std::atomic<std::uint64_t> newest_damaged_{0};  ///< its number: it and what is older is merged no more
    Counter& dropped_;
    Counter& damages_;
    Gauge& ids_gauge_;
    Gauge& runs_gauge_;
    Gauge& memory_gauge_;
};

}  // namespace tillstream::identity
