// Sends sales to a server, or reads from it, as fast as it answers or at a fixed rate, and prints what came
// of it as JSON.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "bench/command_line.h"
#include "bench/load/load_report.h"
#include "bench/load/load_thread.h"
#include "bench/load/reads.h"

namespace tillstream::bench {

namespace {

struct Arguments {
    std::uint16_t port = 0;
    std::string path = BodyOptions{}.path;
    std::string reads;
    std::string token;
    std::string format = "json";
    bool tls = false;
    bool event_ids = false;
    std::uint32_t records = 1;
    std::uint32_t connections = 64;
    std::uint32_t threads = 1;
    double rate = 0;
    bool evenly = false;
    double warmup = 0.5;
    double seconds = 5;
    std::uint64_t requests_max = 0;
    double timeout = 10;
    std::uint32_t spin_us = 80;
    std::uint64_t seed = 1;
    std::uint64_t first_invoice = LoadOptions{}.first_invoice;
};

void declare(CLI::App& app, Arguments& arguments) {
    app.add_option("--port", arguments.port, "of the server on 127.0.0.1")->required();
    app.add_option("--path", arguments.path, "target of the POST")->capture_default_str();
    app.add_option("--get", arguments.reads, "file of targets, one a line: GETs of these instead of POSTs");
    app.add_option("--token", arguments.token, "bearer token");
    app.add_option("--format", arguments.format, "json, ndjson or csv")->capture_default_str();
    app.add_flag("--tls", arguments.tls, "HTTPS; the certificate is not checked");
    app.add_flag("--event-ids", arguments.event_ids, "an event_id of its own for each record");
    app.add_option("--records", arguments.records, "in one POST")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--connections", arguments.connections, "kept alive, over all threads")
        ->capture_default_str();
    app.add_option("--threads", arguments.threads)->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--rate", arguments.rate,
                   "requests per second, open loop; without it as fast as answers come");
    app.add_flag("--evenly", arguments.evenly, "even spacing instead of Poisson");
    app.add_option("--warmup", arguments.warmup, "seconds before measuring")->capture_default_str();
    app.add_option("--seconds", arguments.seconds, "to measure")->capture_default_str();
    app.add_option("--requests", arguments.requests_max, "stop after so many");
    app.add_option("--timeout", arguments.timeout, "seconds for an answer")->capture_default_str();
    app.add_option("--spin-us", arguments.spin_us, "polling this long before a request is due")
        ->capture_default_str();
    app.add_option("--seed", arguments.seed)->capture_default_str();
    app.add_option("--first-invoice", arguments.first_invoice, "invoice numbers start here")
        ->capture_default_str();
}

Nanos to_nanos(double seconds) { return Nanos(static_cast<std::int64_t>(seconds * 1e9)); }

Result<LoadOptions> options_of_thread(const Arguments& arguments, std::uint32_t index) {
    // Far apart, so that no thread reaches the numbers of the next.
    constexpr std::uint64_t kInvoicesPerThread = 500'000'000;
    LoadOptions options;
    options.body.host = "127.0.0.1:" + std::to_string(arguments.port);
    options.body.path = arguments.path;
    options.body.token = arguments.token;
    options.body.format = TILLSTREAM_TRY(parse_body_format(arguments.format));
    options.body.records = arguments.records;
    options.body.event_ids = arguments.event_ids;
    if (arguments.event_ids && options.body.format == BodyFormat::csv)
        return failure(Errc::invalid_argument, "--event-ids go into json and ndjson only");
    if (!arguments.reads.empty()) options.targets = TILLSTREAM_TRY(read_targets(arguments.reads));
    options.body.seed = arguments.seed + index;
    options.port = arguments.port;
    options.tls = arguments.tls;
    options.connections = std::max(1U, arguments.connections / arguments.threads);
    if (arguments.rate > 0) options.rate = arguments.rate / arguments.threads;
    options.poisson = !arguments.evenly;
    options.warmup = to_nanos(arguments.warmup);
    options.duration = to_nanos(arguments.seconds);
    if (arguments.requests_max > 0) options.requests_max = arguments.requests_max / arguments.threads;
    options.timeout = to_nanos(arguments.timeout);
    options.spin = std::chrono::microseconds(arguments.spin_us);
    options.first_invoice = arguments.first_invoice + index * kInvoicesPerThread;
    return options;
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Result<LoadReport> run_load(const Arguments& arguments) {
    std::vector<std::unique_ptr<LoadThread>> loads;
    for (std::uint32_t i = 0; i < arguments.threads; ++i) {
        loads.push_back(std::make_unique<LoadThread>(TILLSTREAM_TRY(options_of_thread(arguments, i)),
                                                     arguments.seed * 31 + i));
        TILLSTREAM_CHECK(loads.back()->connect());
    }
    const double cpu_before = cpu_seconds();
    const Nanos start = steady_now() + std::chrono::milliseconds(20);
    {
        std::vector<std::jthread> threads;
        for (auto& load : loads) threads.emplace_back([&load, start] { load->run(start); });
    }
    LoadReport report;
    report.cpu_seconds = cpu_seconds() - cpu_before;
    report.records_per_request = arguments.records;
    for (const auto& load : loads) {
        TILLSTREAM_CHECK(load->status());
        report.outcome.merge(load->outcome());
    }
    const Nanos measured = report.outcome.last_answer - (start + to_nanos(arguments.warmup));
    report.measured_seconds = static_cast<double>(std::max(measured, Nanos{0}).count()) / 1e9;
    return report;
}

}  // namespace

}  // namespace tillstream::bench

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // TLS writes without a flag against it
    CLI::App app{"Sends made-up sales to POST /v1/streams/sales/records and measures the answers"};
    tillstream::bench::Arguments arguments;
    tillstream::bench::declare(app, arguments);
    if (const auto code = tillstream::bench::parse_command_line(app, argc, argv)) return *code;
    const auto report = tillstream::bench::run_load(arguments);
    if (!report) {
        std::fprintf(stderr, "load: %s\n", report.error().message.c_str());
        return 1;
    }
    std::puts(tillstream::bench::format_load_report(*report).c_str());
    return 0;
}
