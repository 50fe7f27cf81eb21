// Holds thousands of slow and idle connections to a server, prints "ready" once all are open, and after
// SIGTERM what came of them as JSON.
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "bench/command_line.h"
#include "bench/crowd/hostile_crowd.h"

namespace tillstream::bench {

namespace {

/// Readable once SIGTERM or SIGINT has come; both are blocked from then on.
int signal_descriptor() {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    ::sigaddset(&wanted, SIGTERM);
    ::sigaddset(&wanted, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    return ::signalfd(-1, &wanted, SFD_CLOEXEC);
}

Status run(const CrowdOptions& options) {
    const int end_fd = signal_descriptor();
    HostileCrowd crowd(options);
    TILLSTREAM_CHECK(crowd.assemble(end_fd));
    std::puts("ready");
    std::fflush(stdout);
    TILLSTREAM_CHECK(crowd.hold());
    std::puts(format_crowd_report(crowd.report()).c_str());
    ::close(end_fd);
    return {};
}

}  // namespace

}  // namespace tillstream::bench

int main(int argc, char** argv) {
    CLI::App app{"Slow and idle connections to a server on 127.0.0.1, kept up until SIGTERM"};
    tillstream::bench::CrowdOptions options;
    app.add_option("--port", options.port, "of the server")->required();
    app.add_option("--slow", options.slow, "a third each dribbling headers, dribbling bodies, not reading")
        ->capture_default_str();
    app.add_option("--idle", options.idle, "asking once, then silent")->capture_default_str();
    if (const auto code = tillstream::bench::parse_command_line(app, argc, argv)) return *code;
    if (const auto status = tillstream::bench::run(options); !status) {
        std::fprintf(stderr, "hostile_crowd: %s\n", status.error().message.c_str());
        return 1;
    }
    return 0;
}
