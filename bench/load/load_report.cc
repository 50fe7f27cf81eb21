#include "bench/load/load_report.h"

#include <fmt/format.h>

#include <iterator>

namespace tillstream::bench {

namespace {

std::string format_statuses(const std::map<int, std::uint64_t>& statuses) {
    std::string out = "{";
    for (const auto& [status, count] : statuses) {
        fmt::format_to(std::back_inserter(out), R"({}"{}":{})", out.size() > 1 ? "," : "", status, count);
    }
    return out + "}";
}

}  // namespace

std::string format_load_report(const LoadReport& report) {
    const LoadOutcome& o = report.outcome;
    const double seconds = report.measured_seconds > 0 ? report.measured_seconds : 1e-9;
    const double requests_per_second = static_cast<double>(o.measured_requests) / seconds;
    std::string out = fmt::format(
        R"({{"requests_per_second":{:.1f},"records_per_second":{:.1f},"seconds":{:.4f},"requests":{},)"
        R"("latency_us":{{"p50":{},"p95":{},"p99":{},"p99_9":{},"max":{}}},"client_cpu_seconds":{:.4f},)",
        requests_per_second, requests_per_second * report.records_per_request, report.measured_seconds,
        o.requests, o.latency.quantile(0.5), o.latency.quantile(0.95), o.latency.quantile(0.99),
        o.latency.quantile(0.999), o.latency.max(), report.cpu_seconds);
    fmt::format_to(std::back_inserter(out),
                   R"("errors":{{"status":{},"timeouts":{},"disconnects":{},"unsent":{},"unknown":{}}},)"
                   R"("acknowledged":{{"rows":{},"quantity":{},"line_total":"{}"}}}})",
                   format_statuses(o.failed_status), o.timeouts, o.disconnects, o.unsent, o.unknown,
                   o.acknowledged.records, o.acknowledged.quantity,
                   format_decimal(o.acknowledged.line_total, kMoneyScale));
    return out;
}

}  // namespace tillstream::bench
