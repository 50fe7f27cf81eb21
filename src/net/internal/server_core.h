// server_core.h - what all connections of one server share.
//
// Threads:    any; constant but for the atomics and the table.
// Lifecycle:  outlives every open connection; a closed one never touches it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <vector>

#include "core/log.h"
#include "core/metrics.h"
#include "net/internal/connection_table.h"
#include "net/server.h"

namespace tillstream::internal {

/// Bytes of request bodies held at once, with a bound.
class InFlightBytes {
public:
    InFlightBytes(std::size_t bytes_max, Gauge& gauge) : bytes_max_(bytes_max), gauge_(gauge) {}

    /// False, and nothing taken, if the bound would be passed.
    bool take(std::size_t bytes);
    void give(std::size_t bytes);

private:
    const std::size_t bytes_max_;
    std::atomic<std::size_t> bytes_{0};
    Gauge& gauge_;
};

/// Instruments of one route, resolved once.
struct RouteInstruments {
    std::array<Counter*, 5> by_class{};  ///< 1xx ... 5xx
    Histogram* seconds = nullptr;
};

struct ServerCore {
    ServerCore(ServerOptions server_options, Router server_router, const Logger& server_logger,
               Metrics& metrics);

    RouteInstruments& instruments_of(std::optional<std::size_t> route) {
        return instruments[route.value_or(router.routes().size())];
    }

    const ServerOptions options;
    const Router router;
    const Logger logger;
    std::vector<RouteInstruments> instruments;  ///< as router.routes(), then one for requests without a route
    Gauge& connections;
    Counter& closed_idle;
    Counter& closed_evicted;
    Counter& closed_address_cap;
    InFlightBytes in_flight;
    std::atomic<std::size_t> answer_bytes{0};  ///< of large answers that their peers have not taken yet
    ConnectionTable table;
    std::atomic<bool> stopping{false};
};

}  // namespace tillstream::internal
