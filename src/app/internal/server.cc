#include "app/internal/server.h"

#include <chrono>

#include "doors/http/http_door.h"

namespace tillstream::app {

namespace {

constexpr std::size_t kWorkerQueue = 1024;

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Status check_exposure(const Settings& settings, const Logger& logger) {
    if (is_loopback(settings.http.listen.host)) {
        logger.info("no token is defined: only this machine is served");
        return {};
    }
    if (settings.http.insecure) {
        logger.warn("anybody who reaches this address may read and write: no token is defined",
                    {{"address", settings.http.listen.host}});
        return {};
    }
    return failure(Errc::invalid_argument,
                   "http.listen " + settings.http.listen.host +
                       " is beyond loopback and no token is defined; listen on 127.0.0.1, or give "
                       "--insecure if the network itself is trusted");
}

ServerOptions server_options(const Settings& settings) {
    ServerOptions options;
    options.address = settings.http.listen.host;
    options.port = settings.http.listen.port;
    if (!settings.http.tls_cert.empty() || !settings.http.tls_key.empty()) {
        options.tls = TlsOptions{settings.http.tls_cert, settings.http.tls_key};
    }
    options.io_threads = static_cast<unsigned>(settings.http.io_threads);
    options.body_bytes_max = settings.ingest.body_bytes_max.bytes;
    options.head_bytes_max = settings.http.head_bytes_max.bytes;
    options.head_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings.http.head_timeout);
    options.connections_max = static_cast<std::size_t>(settings.http.connections_max);
    options.in_flight_bytes_max = settings.ingest.in_flight_bytes_max.bytes;
    return options;
}

}  // namespace

std::string server_url_file(const std::string& data_dir) { return data_dir + "/state/server.url"; }

Result<std::unique_ptr<Server>> Server::start(const Settings& settings, const Logger& logger) {
    TILLSTREAM_CHECK(check_exposure(settings, logger));
    std::unique_ptr<Server> server(new Server(settings));
    server->engine_ = TILLSTREAM_TRY(Engine::open(settings, logger));
    server->workers_ =
        std::make_unique<WorkerPool>(static_cast<std::size_t>(settings.server.workers), kWorkerQueue);
    server->control_ = std::make_unique<WorkerPool>(1, kWorkerQueue);
    Engine& engine = *server->engine_;
    server->process_metrics_.emplace(engine.metrics(), TILLSTREAM_VERSION);
    Router router;
    const HttpServices services{engine.ingest(),
                                engine.log(),
                                engine.delivery(),
                                engine.reconciler(),
                                engine.metrics(),
                                logger,
                                *server->workers_,
                                *server->control_,
                                settings.http.answer_cache_bytes.bytes,
                                [&engine] { return engine.queries(); },
                                [&engine] { return engine.quarantine(); },
                                [&engine] { return engine.history(); },
                                [&engine](auto stream, auto timeout) { return engine.seal(stream, timeout); },
                                [&process = *server->process_metrics_] { process.refresh(); },
                                [&engine] { return engine.not_ready(); },
                                [&engine](auto timeout) { return engine.wait_until_ready(timeout); }};
    TILLSTREAM_CHECK(add_http_routes(router, services));
    server->http_ = TILLSTREAM_TRY(HttpServer::start(server_options(settings), std::move(router),
                                                     logger.named("http"), engine.metrics()));
    TILLSTREAM_CHECK(
        write_file_atomic(posix_filesystem(), server_url_file(settings.data.dir), server->http_->url()));
    return server;
}

Server::~Server() {
    if (stopped_) return;
    if (http_) http_->stop(std::chrono::milliseconds{0});
    if (engine_) engine_->stop_sinks();
    workers_.reset();
    control_.reset();
    http_.reset();
    if (engine_) engine_->close();
}

bool Server::stop() {
    const auto deadline = std::chrono::steady_clock::now() + settings_.server.drain_timeout;
    const auto left = [&] {
        const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        return std::max(time, std::chrono::milliseconds{0});
    };
    stopped_ = true;
    const bool answered = http_->stop(left());
    const bool level = engine_->drain(left());
    engine_->stop_sinks();  // ends what still waits for them
    workers_.reset();
    control_.reset();
    http_.reset();
    engine_->close();
    (void)posix_filesystem().remove(server_url_file(settings_.data.dir)).has_value();
    return answered && level;
}

}  // namespace tillstream::app
