#include "producer/send_report.h"

#include <fmt/format.h>

namespace tillstream {

namespace {

double milliseconds(std::uint64_t micros) { return static_cast<double>(micros) / 1'000; }

}  // namespace

int exit_code(const SendReport& report) {
    constexpr int kFailure = 1, kPartlyRefused = 5, kTryAgain = 75;
    if (report.end == SendEnd::unreachable || report.end == SendEnd::overloaded) return kTryAgain;
    const bool some_taken = report.accepted + report.quarantined + report.duplicates > 0;
    const bool refused = report.failed > 0 || report.end == SendEnd::refused;
    if (report.unknown > 0 || (refused && !some_taken)) return kFailure;
    return refused || report.quarantined > 0 ? kPartlyRefused : 0;
}

std::string format_report_json(const SendReport& r) {
    return fmt::format(
        "{{\"sent\":{},\"accepted\":{},\"quarantined\":{},\"duplicates\":{},\"failed\":{},\"seconds\":{:.3f},"
        "\"records_per_second\":{:.1f},\"latency_ms\":{{\"p50\":{:.3f},\"p95\":{:.3f},\"p99\":{:.3f},\"max\":"
        "{:.3f}}}}}\n",
        r.sent, r.accepted, r.quarantined, r.duplicates, r.failed, r.seconds, r.records_per_second(),
        milliseconds(r.latency.quantile(0.5)), milliseconds(r.latency.quantile(0.95)),
        milliseconds(r.latency.quantile(0.99)), milliseconds(r.latency.max()));
}

std::string format_report_table(const SendReport& r) {
    return fmt::format(
        "sent                {}\n"
        "accepted            {}\n"
        "quarantined         {}\n"
        "duplicates          {}\n"
        "failed              {}\n"
        "seconds             {:.3f}\n"
        "records per second  {:.1f}\n"
        "latency ms          p50 {:.3f}  p95 {:.3f}  p99 {:.3f}  max {:.3f}\n",
        r.sent, r.accepted, r.quarantined, r.duplicates, r.failed, r.seconds, r.records_per_second(),
        milliseconds(r.latency.quantile(0.5)), milliseconds(r.latency.quantile(0.95)),
        milliseconds(r.latency.quantile(0.99)), milliseconds(r.latency.max()));
}

}  // namespace tillstream
