// server.h - an HTTP/1.1 server: plain or TLS, keep-alive, bounded in everything.
//
// Lifecycle:  start -> stop (the destructor stops without draining). Handlers may run until stop returns;
//             Responders may outlive the server.
// Threads:    io_threads, each with its own connections; one acceptor gives sockets to the least loaded.
//             start, stop and the destructor belong to one owner thread, which must not be an io thread.
// Answers:    in request order per connection; the next request is looked at when the last one is answered.
// Refused:    400 folded headers, repeated Content-Length (equal too), Content-Length beside
//             Transfer-Encoding, any Transfer-Encoding but "chunked", missing or repeated Host (1.1), bare CR
//             or LF, bad chunk sizes, bad targets; 404, 405 with Allow, 408, 413, 417, 431, 503 with
//             Retry-After.
// Limits:     ServerOptions. Answers of refusals close the connection unless the body had arrived already.
// Metrics:    tillstream_http_requests_total{route,method,status="2xx"},
//             tillstream_http_request_seconds{route,method}, tillstream_http_connections,
//             tillstream_http_connections_closed_total{reason}, tillstream_http_in_flight_body_bytes.
// Source:     FACES "Start" (limits) and "Conventions"; engine-notes 7 (threads).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/log.h"
#include "core/metrics.h"
#include "core/result.h"
#include "net/router.h"

namespace tillstream {

struct TlsOptions {
    std::string certificate_file;  ///< PEM, chain included
    std::string key_file;          ///< PEM
};

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0 picks a free one
    std::optional<TlsOptions> tls = {};
    unsigned io_threads = 0;  ///< 0: min(cores, max(2, 5/8 of the cores))
    /// Each of them to a core of its own, unless there are more of them than cores. Left to the system, they
    /// share one core for seconds while threads of low priority have the other.
    bool pin_io_threads = true;

    std::size_t body_bytes_max = 16 << 20;
    std::size_t head_bytes_max = 16 << 10;
    /// from the first byte (or connecting) to the last of a head
    std::chrono::milliseconds head_timeout{10'000};
    /// bytes per second, in every window of body_rate_window
    std::size_t body_rate_min = 1024;
    std::chrono::milliseconds body_rate_window{5'000};
    std::chrono::milliseconds idle_timeout{75'000};   ///< between requests
    std::chrono::milliseconds write_timeout{30'000};  ///< without the peer taking a byte
    /// When full, the one longest without a complete request is closed; up to 32 more are open for the
    /// moment that takes.
    std::size_t connections_max = 4096;
    /// Open ones of one peer. Nothing: any number for loopback peers, 1024 for others.
    std::optional<std::size_t> connections_per_address_max = {};
    /// Large answers (from 64 KiB) that their peers have not taken yet; beyond, the slowest readers'
    /// connections are closed.
    std::size_t answer_bytes_max = 256 << 20;
    /// bodies of requests not yet answered; at least body_bytes_max
    std::size_t in_flight_bytes_max = 64 << 20;
    /// How long a body counts there with the size it announced; then with what has arrived of it.
    std::chrono::milliseconds announced_time{1'000};
};

/// The address to listen at that a host stands for, in its shortest form: of several that a name has, the
/// first IPv4 one, else the first. invalid_argument for a name that has none.
Result<std::string> numeric_address(const std::string& host);

class HttpServer {
public:
    /// invalid_argument for options that contradict each other or an unreadable certificate; io (address in
    /// use, and so on) names address and port. `metrics` must outlive the server.
    static Result<std::unique_ptr<HttpServer>> start(ServerOptions options, Router router, Logger logger,
                                                     Metrics& metrics);
    ~HttpServer();

    std::uint16_t port() const;
    /// "http://127.0.0.1:8080".
    std::string url() const;

    /// Reads certificate and key anew; connections from now on are shown them, those that are open stay as
    /// they are. After an error (invalid_argument, naming the file) the pair before stays in use. unsupported
    /// without TLS, unavailable once stopped. Only by the owner thread, or one that it waits for before it
    /// stops.
    Status reload_tls();

    /// Stops accepting, closes idle connections, answers what is in flight with "Connection: close", then
    /// closes all. True if everything was answered in time. Repeatable.
    bool stop(std::chrono::milliseconds drain_timeout);

private:
    class Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tillstream
