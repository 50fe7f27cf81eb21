#include "app/internal/server.h"

#include <chrono>

#include "app/internal/data_folder.h"
#include "app/internal/descriptor_limit.h"
#include "app/internal/folder_access.h"
#include "doors/http/http_door.h"

namespace tillstream::app {

namespace {

constexpr std::size_t kWorkerQueue = 1024;
constexpr std::chrono::seconds kHousePeriod{1};

/// Of an address, not a name: a name may lead anywhere.
bool is_loopback(const std::string& address) { return address == "::1" || address.starts_with("127."); }

bool speaks_tls(const Settings& settings) { return !settings.http.tls_cert.empty(); }

Status check_tls_pair(const Settings& settings) {
    if (settings.http.tls_cert.empty() == settings.http.tls_key.empty()) return {};
    const char* missing = settings.http.tls_cert.empty() ? "http.tls_cert" : "http.tls_key";
    return failure(Errc::invalid_argument, std::string("http.tls_cert and http.tls_key belong together: ") +
                                               missing + " is not given");
}

/// What an address beyond loopback needs and does not have; empty if nothing.
std::string missing_for_exposure(const Settings& settings, bool tokens) {
    std::string missing;
    if (!tokens)
        missing = "no token is defined (`tillstream token create --scope admin --data " + settings.data.dir +
                  "` makes one)";
    if (!speaks_tls(settings))
        missing += std::string(missing.empty() ? "" : " and ") + "tls is off (give --tls-cert and --tls-key)";
    return missing;
}

Status check_exposure(const Settings& settings, bool tokens, const Logger& logger) {
    TILLSTREAM_CHECK(check_tls_pair(settings));
    if (is_loopback(settings.http.listen.host)) {
        if (!tokens)
            logger.warn(
                "no token is defined: only this machine is served, and everybody on it may everything");
        return {};
    }
    const std::string missing = missing_for_exposure(settings, tokens);
    if (missing.empty()) return {};
    if (settings.http.insecure) {
        logger.warn("the door is insecure beyond this machine",
                    {{"address", settings.http.listen.host}, {"because", missing}});
        return {};
    }
    return failure(Errc::invalid_argument, "http.listen " + settings.http.listen.host +
                                               " is beyond loopback, but " + missing +
                                               "; listen on 127.0.0.1, or give --insecure if the network "
                                               "itself is trusted");
}

ServerOptions server_options(const Settings& settings) {
    ServerOptions options;
    options.address = settings.http.listen.host;
    options.port = settings.http.listen.port;
    if (speaks_tls(settings)) {
        options.tls = TlsOptions{settings.http.tls_cert, settings.http.tls_key};
    }
    options.io_threads = static_cast<unsigned>(settings.http.io_threads);
    options.pin_io_threads = settings.http.pin_threads;
    options.body_bytes_max = settings.ingest.body_bytes_max.bytes;
    options.head_bytes_max = settings.http.head_bytes_max.bytes;
    options.head_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings.http.head_timeout);
    options.body_rate_min = settings.http.body_rate_min.bytes;
    options.body_rate_window =
        std::chrono::duration_cast<std::chrono::milliseconds>(settings.http.body_rate_window);
    options.connections_max = static_cast<std::size_t>(settings.http.connections_max);
    if (settings.http.connections_per_address != 0) {
        options.connections_per_address_max = static_cast<std::size_t>(settings.http.connections_per_address);
    }
    options.answer_bytes_max = settings.http.answer_bytes_max.bytes;
    options.in_flight_bytes_max = settings.ingest.in_flight_bytes_max.bytes;
    return options;
}

Result<Settings> with_resolved_address(Settings settings) {
    auto address = numeric_address(settings.http.listen.host);
    if (!address) return failure(std::move(address.error()).with_context("http.listen"));
    settings.http.listen.host = std::move(*address);
    return settings;
}

/// As many connections as wanted, if the process may open so many files.
Result<Settings> with_affordable_connections(Settings settings, const Logger& logger) {
    const std::size_t files = raise_descriptor_limit();
    const auto affordable = static_cast<std::int64_t>(TILLSTREAM_TRY(affordable_connections(files)));
    if (affordable >= settings.http.connections_max) return settings;
    logger.warn("the process may not open enough files for http.connections_max: fewer connections are held",
                {{"connections", affordable},
                 {"connections_max", settings.http.connections_max},
                 {"open_files_max", std::uint64_t{files}}});
    settings.http.connections_max = affordable;
    return settings;
}

/// The system's refusal is an answer to what was configured.
Error door_refused(Error error) {
    if (error.code != Errc::io) return error;
    return {Errc::invalid_argument, error.message +
                                        "; give another address by --http (port 0 picks a free "
                                        "one), or stop what listens there"};
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const Settings& given, const Logger& logger) {
    Settings resolved = TILLSTREAM_TRY(with_resolved_address(given));
    const Settings settings = TILLSTREAM_TRY(with_affordable_connections(std::move(resolved), logger));
    TILLSTREAM_CHECK(check_exposure(settings, TILLSTREAM_TRY(tokens_defined(settings.data.dir)), logger));
    std::unique_ptr<Server> server(new Server(settings));
    server->engine_ = TILLSTREAM_TRY(Engine::open(settings, logger));
    server->access_ = TILLSTREAM_TRY(open_access(settings, logger, server->engine_->metrics()));
    server->workers_ =
        std::make_unique<WorkerPool>(static_cast<std::size_t>(settings.server.workers), kWorkerQueue);
    server->control_ = std::make_unique<WorkerPool>(1, kWorkerQueue);
    server->process_metrics_.emplace(server->engine_->metrics(), TILLSTREAM_VERSION);
    TILLSTREAM_CHECK(server->open_door(logger));
    server->house_ =
        std::make_unique<PeriodicTask>(kHousePeriod, [raw = server.get()] { raw->keep_house(); });
    TILLSTREAM_CHECK(
        write_file_atomic(posix_filesystem(), server_url_file(settings.data.dir), server->http_->url()));
    return server;
}

Status Server::open_door(const Logger& logger) {
    Engine& engine = *engine_;
    Router router;
    const HttpServices services{
        engine.ingest(),
        engine.log(),
        engine.delivery(),
        engine.reconciler(),
        engine.metrics(),
        logger,
        *workers_,
        *control_,
        settings_.http.answer_cache_bytes.bytes,
        [&engine] { return engine.queries(); },
        [&engine] { return engine.quarantine(); },
        [&engine] { return engine.history(); },
        [&engine](auto stream, auto timeout) { return engine.seal(stream, timeout); },
        [&process = *process_metrics_] { process.refresh(); },
        [&engine] { return engine.not_ready(); },
        [&engine](auto timeout) { return engine.wait_until_ready(timeout); },
        [&engine](auto sink, auto timeout) { return engine.wait_for_store(sink, timeout); },
        *access_,
        engine.contracts()};
    TILLSTREAM_CHECK(add_http_routes(router, services, settings_.http.aliases));
    if (speaks_tls(settings_))
        tls_ = std::make_unique<TlsWatch>(settings_.http.tls_cert, settings_.http.tls_key, logger,
                                          engine.metrics());
    auto door = HttpServer::start(server_options(settings_), std::move(router), logger.named("http"),
                                  engine.metrics());
    if (!door) return failure(door_refused(std::move(door.error())));
    http_ = std::move(*door);
    return {};
}

void Server::keep_house() {
    access_->flush_audit();
    if (tls_) tls_->look([this] { return http_->reload_tls(); });
}

void Server::reload() {
    if (tls_) tls_->reload_now([this] { return http_->reload_tls(); });
}

Server::~Server() {
    if (stopped_) return;
    house_.reset();
    if (http_) http_->stop(std::chrono::milliseconds{0});
    if (engine_) engine_->stop_sinks();
    workers_.reset();
    control_.reset();
    http_.reset();
    if (access_) access_->flush_audit(true);
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
    house_.reset();
    const bool answered = http_->stop(left() / 2);  // a long query leaves time to the sinks
    const bool level = engine_->drain(left());
    engine_->stop_sinks();  // ends what still waits for them
    workers_.reset();
    control_.reset();
    http_.reset();
    access_->flush_audit(true);
    engine_->close();
    (void)posix_filesystem().remove(server_url_file(settings_.data.dir)).has_value();
    return answered && level;
}

}  // namespace tillstream::app
