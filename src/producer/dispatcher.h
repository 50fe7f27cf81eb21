// dispatcher.h - spreads records over connections so that each key keeps its order, paces them, and counts
// answers.
//
// Order:      a key always goes to the same connection, which sends one request at a time.
// Lifecycle:  construct (starts the threads) -> begin_body, add … -> finish. Not usable after finish.
// Threads:    begin_body, add and finish on one thread; each connection has a thread of its own.
// Pace:       open loop: with a rate, record n is due at start + n / rate however slow the answers are; a
//             full queue makes later records late, and their latency says so.
// Retries:    what surely was not stored: a request that did not leave, and 429 or 503 with Retry-After.
//             Only if told that the server knows repeats: also a request of unknown outcome, with the same
//             bytes (so the same event ids) and the same Idempotency-Key. With pauses that double and vary; a
//             batch is settled before the next one of its connection goes, so each key keeps its order.
// Limits:     for each connection one batch being filled, two waiting, one on its way.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "producer/record_poster.h"
#include "producer/send_report.h"

namespace tillstream {

struct DispatchOptions {
    std::size_t batch_records = 500;
    std::size_t batch_bytes = 4 << 20;  ///< a batch is sent when it has grown beyond
    unsigned concurrency = 4;
    double rate = 0;                      ///< records per second; 0: as fast as the server takes them
    std::chrono::milliseconds linger{5};  ///< with a rate: a batch waits no longer than this to fill
    /// How long one batch is tried again before it counts as failed and the run is given up: behind 429 and
    /// 503, and with no server. A server that never answered is not waited for.
    std::chrono::milliseconds overload_patience{60'000};
    std::chrono::milliseconds outage_patience{10'000};
    std::chrono::milliseconds first_pause{50};  ///< doubles with each try, at most 2 s; half of it by chance
    /// The server knows repeats by event id and Idempotency-Key, so what may have been stored is sent again.
    bool server_knows_repeats = false;
};

Status check_options(const DispatchOptions& options);

class Dispatcher {
public:
    /// `observer` must outlive the dispatcher. Expects checked options.
    Dispatcher(DispatchOptions options, PosterFactory connect, SendObserver& observer);
    ~Dispatcher();
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    /// What follows are records of this kind; each request starts with `head` (a CSV header line, or
    /// nothing).
    void begin_body(std::string_view content_type, std::string_view head);

    struct Piece {
        std::string_view before = {};  ///< written in front of the text
        std::string_view text = {};
        /// The record must be the last of its request (a broken row, which could swallow what follows).
        bool ends_batch = false;
    };
    /// Waits until the record is due and its queue has room. False once the run has been given up.
    bool add(std::string_view key, const Piece& piece);

    /// For progress only.
    void set_share_done(double share);

    /// Waits for all answers.
    SendReport finish();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tillstream
