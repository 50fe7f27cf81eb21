#include "net/internal/server_core.h"

namespace tillstream::internal {

namespace {

constexpr std::size_t kPerAddressMaxElsewhere = 1024;

RouteInstruments make_instruments(Metrics& metrics, const std::string& route, const std::string& method) {
    static constexpr std::array<const char*, 5> kClasses{"1xx", "2xx", "3xx", "4xx", "5xx"};
    RouteInstruments made;
    for (std::size_t i = 0; i < kClasses.size(); ++i) {
        made.by_class[i] = &metrics.counter("tillstream_http_requests_total", "Requests answered",
                                            {{"route", route}, {"method", method}, {"status", kClasses[i]}});
    }
    made.seconds = &metrics.histogram("tillstream_http_request_seconds",
                                      "From the first byte of the head to the written answer",
                                      latency_buckets(), {{"route", route}, {"method", method}});
    return made;
}

Counter& closed_counter(Metrics& metrics, const char* reason) {
    return metrics.counter("tillstream_http_connections_closed_total",
                           "Connections the server closed of itself", {{"reason", reason}});
}

}  // namespace

bool InFlightBytes::take(std::size_t bytes) {
    if (bytes > bytes_max_) return false;
    if (bytes_.fetch_add(bytes) > bytes_max_ - bytes) {
        bytes_.fetch_sub(bytes);
        return false;
    }
    gauge_.add(static_cast<double>(bytes));
    return true;
}

void InFlightBytes::give(std::size_t bytes) {
    if (bytes == 0) return;
    bytes_.fetch_sub(bytes);
    gauge_.add(-static_cast<double>(bytes));
}

ServerCore::ServerCore(ServerOptions server_options, Router server_router, const Logger& server_logger,
                       Metrics& metrics)
    : options(std::move(server_options)),
      router(std::move(server_router)),
      logger(server_logger.named("net")),
      connections(metrics.gauge("tillstream_http_connections", "Open connections")),
      closed_idle(closed_counter(metrics, "idle")),
      closed_evicted(closed_counter(metrics, "evicted")),
      closed_address_cap(closed_counter(metrics, "address_cap")),
      in_flight(options.in_flight_bytes_max,
                metrics.gauge("tillstream_http_in_flight_body_bytes", "Bodies of requests not yet answered")),
      table(options.connections_max, options.connections_per_address_max.value_or(kPerAddressMaxElsewhere)) {
    for (const Route& route : router.routes()) {
        instruments.push_back(make_instruments(metrics, route.pattern, std::string(to_string(route.method))));
    }
    instruments.push_back(make_instruments(metrics, "none", "any"));
}

}  // namespace tillstream::internal
