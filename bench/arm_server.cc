#include "bench/arm_server.h"

#include <csignal>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "net/server.h"

namespace tillstream::bench {

ArmServer::ArmServer() {
    ::sigemptyset(&signals_);
    ::sigaddset(&signals_, SIGTERM);
    ::sigaddset(&signals_, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

Status ArmServer::serve(std::uint16_t port, unsigned io_threads, Router router) {
    Metrics metrics;
    ServerOptions options;
    options.port = port;
    options.io_threads = io_threads;
    const auto server =
        TILLSTREAM_TRY(HttpServer::start(std::move(options), std::move(router), Logger::silent(), metrics));
    std::printf("ready %s\n", server->url().c_str());
    std::fflush(stdout);
    int received = 0;
    ::sigwait(&signals_, &received);
    server->stop(std::chrono::seconds(5));
    return {};
}

std::string accepted_answer(std::size_t records, std::uint64_t position) {
    return fmt::format(
        R"({{"received":{},"accepted":{},"quarantined":0,"duplicates":0,"position":"{:024}","records":[]}})",
        records, records, position);
}

}  // namespace tillstream::bench
