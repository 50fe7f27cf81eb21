// server.h - an engine with its HTTP door open.
//
// Lifecycle:  start (ingest and log are up; the warehouse follows) -> stop: no new requests, answer what is
//             in flight, bring the sinks level, close the log. The destructor stops without waiting for the
//             sinks.
// Address:    a name is resolved before anything is opened; a door that the system refuses is
//             invalid_argument.
// Safety:     an address beyond loopback needs TLS and tokens, or http.insecure (FACES "Doors"). Tokens that
//             cannot be read keep it from starting (corruption, unsupported): a door is never open by
//             accident.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "access/access.h"
#include "app/internal/engine.h"
#include "app/internal/periodic_task.h"
#include "app/internal/process_metrics.h"
#include "app/internal/tls_watch.h"
#include "core/worker_pool.h"
#include "net/server.h"

namespace tillstream::app {

class Server {
public:
    static Result<std::unique_ptr<Server>> start(const Settings& given, const Logger& logger);
    ~Server();

    std::string url() const { return http_->url(); }
    Engine& engine() { return *engine_; }
    /// A token that lets this process through its own door.
    std::string admit_owner() { return access_->admit_owner(); }
    /// Certificate and key are read anew; without TLS nothing happens.
    void reload();
    /// False if requests or sinks were left unfinished when the drain time ran out; nothing durable is lost
    /// then.
    bool stop();

private:
    explicit Server(const Settings& settings) : settings_(settings) {}

    Status open_door(const Logger& logger);
    void keep_house();

    const Settings settings_;
    std::unique_ptr<Engine> engine_;
    std::optional<ProcessMetrics> process_metrics_;
    std::unique_ptr<Access> access_;
    std::unique_ptr<WorkerPool> workers_;
    std::unique_ptr<WorkerPool> control_;
    std::unique_ptr<TlsWatch> tls_;
    std::unique_ptr<HttpServer> http_;
    std::unique_ptr<PeriodicTask> house_;
    bool stopped_ = false;
};

}  // namespace tillstream::app
