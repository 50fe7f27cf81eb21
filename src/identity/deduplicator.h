// deduplicator.h - tells what is new from what a producer sends again: event ids and idempotency keys.
//
// Meaning:    a fold of the log. The first record with an id claims it: an accepted one whatever comes later
//             under that id, a rejected one only against records of the very same bytes. What is found to be
//             a copy is counted, not stored. Ingest asks early what the fold would say.
// Order:      claims are made under locks, stripe by stripe (dedup_stream.h), and are pending until the log
//             has said that they are durable. A request that meets a pending claim is not appended: it
//             waits (when_settled) and asks again. So nothing is ever appended, let alone acknowledged, as a
//             copy of a record that is not durable; the copy's count lies behind the record in the log; and
//             if the log refuses the first request, its claims are taken back before the second one asks
//             again. Claim and append need no common lock for that, and it holds on any EventLog.
// Sealing:    `cursor` is taken from the log first, then the tables of claims are set aside, then all their
//             requests are waited for, then the ids go into a run and cursor and run into the list at once.
//             What is durable before the cursor was claimed before the tables were set aside, so it is in the
//             run; what came between the two is in the run, and is met again in the tail at the next start,
//             which changes nothing. A table set aside is asked until its run is published, and whoever
//             asked the runs before they changed asks again.
// Durability: none of its own: everything follows from the log. After a crash the log is read from the cursor
//             on. Damage, or an empty folder: from its beginning, as far as the window reaches.
// Limits:     DedupOptions. When claims come faster than runs can be sealed, claim says `overloaded`.
// Time:       of arrival, in full hours: an id is honoured for the window and up to an hour more.
// Threads:    any; one of its own seals and merges, one calls those who wait.
// Lifecycle:  open (reads the log's tail) -> streams -> claims -> close, after the log's last callback.
// Source:     FACES "Ingest".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/env.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/result.h"
#include "identity/ingest_fact.h"
#include "ports/event_log.h"

namespace tillstream {

struct DedupOptions {
    std::chrono::hours window{168};
    std::uint64_t ids_max = 150'000'000;  ///< over it the oldest are forgotten first
    /// Half of it for the filters of runs (1.6 bytes an id: fewer ids than ids_max if it is short), the rest
    /// for what is not sealed yet.
    std::uint64_t memory_bytes = std::uint64_t{512} << 20;
    std::uint64_t replay_bytes = std::uint64_t{64} << 20;  ///< of the log that a start may have to read again
    std::chrono::milliseconds check{1000};  ///< how often is looked whether something is to be sealed
};

struct DedupSurroundings {
    EventLog& log;
    Filesystem& fs;
    Clock& clock;
    std::string dir;
    SourceId system;  ///< where control records go
    Logger logger;
    Metrics& metrics;
};

/// What is asked about one record that carries an id.
struct RecordId {
    std::string_view event_id;
    std::string_view content;
    bool accepted = true;
};

class DedupStream;

/// The answer for one request, and its hold on the ids that are new.
class Claim {
public:
    enum class Outcome : std::uint8_t {
        claimed,     ///< everything that is no copy is held until settle
        blocked,     ///< nothing is held: a copy of one of the records is on its way (when_settled)
        overloaded,  ///< nothing is held: try again later
    };
    Outcome outcome() const { return outcome_; }
    /// Which of the records asked about are copies; rising.
    const std::vector<std::uint32_t>& copies() const { return copies_; }

private:
    friend class Deduplicator;
    struct Hold;
    Outcome outcome_ = Outcome::overloaded;
    std::vector<std::uint32_t> copies_;
    std::shared_ptr<Hold> hold_;
};

struct KeyAnswer {
    enum class Fate : std::uint8_t {
        fresh,       ///< the key is this request's: answer_key or release_key must follow
        running,     ///< another request has it and is not answered yet
        other_body,  ///< it was used with another body
        answered,    ///< the same request was answered: `first` says how
        overloaded,  ///< there are more keys than can be kept: try again later
    };
    Fate fate = Fate::fresh;
    KeyedRequest first;
    std::string stream;
};

class Deduplicator {
public:
    static Result<std::unique_ptr<Deduplicator>> open(DedupSurroundings surroundings, DedupOptions options);
    ~Deduplicator();

    /// Valid as long as this object.
    DedupStream& stream(std::string_view name);
    SourceId system_source() const;

    Claim claim(DedupStream& stream, std::span<const RecordId> records);
    /// Of a claim that holds something: it is durable since `arrived`, or was refused (nothing). Quick, once.
    void settle(const Claim& claim, std::optional<Timestamp> arrived);
    /// Runs `again` on another thread once what blocked the claim is settled: with true, or with false when
    /// this object closes.
    void when_settled(const Claim& blocked, std::function<void(bool)> again);

    /// `key` and `body` as request_key and body_digest give them.
    KeyAnswer begin_key(const std::string& key, const std::string& body);
    /// The request of a fresh key is durable; `fact` has its key and bases.
    void answer_key(const IngestFact& fact, Timestamp arrived);
    /// It was refused: the key is free again.
    void release_key(const std::string& key);

    /// Everything before it is in sealed runs, so the log need not keep it for this object; nothing as long
    /// as this run has sealed none.
    std::optional<Position> sealed_end() const;

    /// Seals what there is now. For tests and a clean stop; otherwise that happens by itself.
    Status seal();
    /// Ends the threads, then seals. Repeatable.
    void close();

    struct Figures {
        std::uint64_t sealed_ids = 0;
        std::uint64_t fresh_ids = 0;
        std::uint64_t runs = 0;
        std::uint64_t memory_bytes = 0;
        std::uint64_t replayed_records = 0;  ///< with ids, at open
    };
    Figures figures() const;

private:
    struct Parts;
    explicit Deduplicator(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// Reads every run of the folder. One line for each thing that is wrong; empty if all is well, or there is no
/// index yet.
std::vector<std::string> check_dedup_files(Filesystem& fs, const std::string& dir);

}  // namespace tillstream
