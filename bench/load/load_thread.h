// load_thread.h - one thread that keeps many keep-alive connections busy over epoll.
//
// Closed:     each connection sends its next request when the last one is answered.
// Open:       requests are due at times fixed beforehand (Poisson or even spacing); latency counts from the
//             time a request was due, also while it waits for a free connection, so a slow server cannot
//             slow the clock. The thread sleeps until `spin` before the next request is due and polls from
//             there on.
// TLS:        connections are made, and shake hands, before the run; one that is replaced does so in it.
// Timeouts:   count as an answer that took the timeout; the connection is replaced.
// Sums:       of requests answered 200. A request whose outcome is not known makes them a lower bound
//             (`unknown`).
// Threads:    run() on its own thread, everything else before or after it.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/load_socket.h"
#include "bench/load/response_reader.h"
#include "bench/load/sales_bodies.h"
#include "core/result.h"
#include "producer/latency_histogram.h"
#include "producer/random.h"

namespace tillstream::bench {

using Nanos = std::chrono::nanoseconds;

/// Time of the steady clock since its origin.
Nanos steady_now();

struct LoadOptions {
    BodyOptions body;
    std::uint16_t port = 0;  ///< on 127.0.0.1
    bool tls = false;
    std::uint32_t connections = 64;
    std::optional<double> rate = {};  ///< requests per second; nothing: closed loop
    bool poisson = true;              ///< else evenly spaced
    Nanos warmup{0};                  ///< answers in it count for the sums only
    Nanos duration{0};                ///< after the warm-up
    std::uint64_t requests_max = ~std::uint64_t{0};
    Nanos timeout = std::chrono::seconds(10);
    Nanos spin = std::chrono::microseconds(80);
    std::uint64_t first_invoice = 1'000'000'000;
    std::vector<std::string> targets = {};  ///< not empty: GETs of these in turn instead of posts
};

/// What happened, of one thread or of all.
struct LoadOutcome {
    LatencyHistogram latency;  ///< us, measured window
    std::uint64_t measured_requests = 0;
    Nanos last_answer{0};        ///< in the measured window, steady clock
    std::uint64_t requests = 0;  ///< answered 200, warm-up included
    SalesSums acknowledged;
    std::map<int, std::uint64_t> failed_status;
    std::uint64_t timeouts = 0;
    std::uint64_t disconnects = 0;
    std::uint64_t unsent = 0;   ///< due, but no connection became free within the timeout
    std::uint64_t unknown = 0;  ///< requests sent whose answer never came

    void merge(const LoadOutcome& other);
};

class LoadThread {
public:
    /// Builds the requests: slow.
    LoadThread(const LoadOptions& options, std::uint64_t random_seed);
    ~LoadThread();
    LoadThread(const LoadThread&) = delete;
    LoadThread& operator=(const LoadThread&) = delete;

    Status connect();
    void run(Nanos start);
    const LoadOutcome& outcome() const { return outcome_; }
    /// Why the run ended early, if it did.
    const Status& status() const { return status_; }

private:
    struct Connection {
        LoadSocket socket;
        SalesRequest* request = nullptr;  ///< nothing: idle
        std::size_t sent = 0;
        Nanos due{0};
        ResponseReader reader;
    };

    Status open(Connection& connection, std::size_t index);
    void replace(Connection& connection);
    void begin(Connection& connection, Nanos due);
    void write(Connection& connection);
    void read(Connection& connection);
    void answered(Connection& connection, int status);
    void lose(Connection& connection);
    void release(Connection& connection);
    void record(Nanos due, Nanos now);
    void start_closed(Nanos now);
    void start_due(Nanos now);
    void expire(Nanos now);
    Nanos wait_time(Nanos now) const;
    void poll(Nanos wait);
    bool may_send(Nanos now) const { return now < end_ && begun_ < options_.requests_max; }
    bool finished(Nanos now) const;

    LoadOptions options_;
    SalesBodies bodies_;
    LoadTls tls_;  ///< null: plain
    std::deque<SalesRequest*> free_bodies_;
    std::vector<Connection> connections_;
    std::vector<Connection*> idle_;
    std::deque<Nanos> waiting_;  ///< due times of requests without a connection
    std::vector<epoll_event> events_;
    std::vector<char> received_;
    Random random_;
    int epoll_ = -1;
    std::uint64_t begun_ = 0;
    std::size_t busy_ = 0;
    Nanos measure_from_{0};
    Nanos end_{0};
    Nanos next_due_{0};
    Nanos next_expiry_check_{0};
    LoadOutcome outcome_;
    Status status_;
};

}  // namespace tillstream::bench
