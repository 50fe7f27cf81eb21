#include "net/server.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/own_thread.h"
#include "net/internal/server_core.h"
#include "net/internal/stream.h"

namespace tillstream {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using internal::IoThread;
using internal::SteadyTime;

namespace {

/// Connections above the limit that exist for a moment: those told to go, until their thread has closed them.
constexpr std::size_t kLeavingMax = 32;
constexpr std::chrono::milliseconds kLeavingTime{1};
constexpr std::chrono::milliseconds kOutOfDescriptorsTime{100};

unsigned default_io_threads() {
    const unsigned cores = usable_cores();
    return std::min(cores, std::max(2U, cores * 5 / 8));
}

/// Often enough that no limit is passed by more than a quarter.
std::chrono::milliseconds sweep_period(const ServerOptions& options) {
    const auto shortest =
        std::min({options.head_timeout, options.body_rate_window, options.idle_timeout, options.write_timeout,
                  options.announced_time, std::chrono::milliseconds(2'000)});
    return std::max(shortest / 4, std::chrono::milliseconds(5));
}

Status check_options(const ServerOptions& options) {
    if (options.in_flight_bytes_max < options.body_bytes_max) {
        return failure(Errc::invalid_argument,
                       "in_flight_bytes_max " + std::to_string(options.in_flight_bytes_max) +
                           " is less than body_bytes_max " + std::to_string(options.body_bytes_max) +
                           ": no body of that size could ever be taken");
    }
    if (options.connections_max == 0) return failure(Errc::invalid_argument, "connections_max is 0");
    return {};
}

std::string place(const ServerOptions& options) {
    const bool v6 = options.address.find(':') != std::string::npos;
    return (v6 ? "[" + options.address + "]" : options.address) + ":" + std::to_string(options.port);
}

}  // namespace

Result<std::string> numeric_address(const std::string& host) {
    error_code error;
    const asio::ip::address literal = asio::ip::make_address(host, error);
    if (!error) return literal.to_string();
    asio::io_context context;
    tcp::resolver resolver(context);
    std::string first;
    for (const auto& entry : resolver.resolve(host, "", error)) {
        const asio::ip::address address = entry.endpoint().address();
        if (address.is_v4()) return address.to_string();
        if (first.empty()) first = address.to_string();
    }
    if (!first.empty()) return first;
    return failure(Errc::invalid_argument, "'" + host + "' stands for no address (" + error.message() +
                                               "); write an IP address, or a name of one, like localhost");
}

class HttpServer::Impl {
public:
    Impl(ServerOptions options, Router router, const Logger& logger, Metrics& metrics)
        : core_(std::move(options), std::move(router), logger, metrics) {}

    Status open() {
        if (core_.options.tls) tls_ = TILLSTREAM_TRY(internal::make_tls_context(*core_.options.tls));
        const unsigned threads =
            core_.options.io_threads != 0 ? core_.options.io_threads : default_io_threads();
        for (unsigned i = 0; i < threads; ++i) {
            io_.push_back(std::make_shared<IoThread>(sweep_period(core_.options)));
        }
        TILLSTREAM_CHECK(listen());
        const bool pin = core_.options.pin_io_threads && threads <= usable_cores();
        for (unsigned i = 0; i < threads; ++i) io_[i]->start(pin ? std::optional(i) : std::nullopt);
        asio::post(io_.front()->context(), [this] { await_connection(); });
        return {};
    }

    Status reload_tls() {
        if (!core_.options.tls) return failure(Errc::unsupported, "the server does not speak tls");
        if (io_.empty()) return failure(Errc::unavailable, "the server has stopped");
        std::shared_ptr<asio::ssl::context> fresh =
            TILLSTREAM_TRY(internal::make_tls_context(*core_.options.tls));
        // The acceptor's thread makes the connections, so it alone touches tls_.
        asio::post(io_.front()->context(),
                   [this, fresh = std::move(fresh)]() mutable { tls_ = std::move(fresh); });
        return {};
    }

    std::uint16_t port() const { return port_; }
    const ServerOptions& options() const { return core_.options; }

    bool stop(std::chrono::milliseconds drain_timeout) {
        if (io_.empty()) return true;
        const auto give_up = std::chrono::steady_clock::now() + drain_timeout;
        core_.stopping = true;
        close_acceptor();
        for (const auto& entry : core_.table.all()) as_connection(entry)->drain();
        const bool drained = core_.table.wait_until_empty(give_up);
        if (!drained) {
            for (const auto& entry : core_.table.all()) as_connection(entry)->abort();
            core_.table.wait_until_empty(SteadyTime::max());
        }
        for (const auto& io : io_) io->stop();
        acceptor_.reset();
        retry_.reset();
        io_.clear();
        return drained;
    }

private:
    static std::shared_ptr<internal::Connection> as_connection(
        const std::shared_ptr<internal::TableEntry>& entry) {
        return std::static_pointer_cast<internal::Connection>(entry);
    }

    Status listen() {
        const ServerOptions& options = core_.options;
        error_code error;
        const auto address = asio::ip::make_address(options.address, error);
        if (error) return failure(Errc::invalid_argument, "address " + options.address + " is no IP address");
        acceptor_ = std::make_unique<tcp::acceptor>(io_.front()->context());
        retry_ = std::make_unique<asio::steady_timer>(io_.front()->context());
        const tcp::endpoint endpoint(address, options.port);
        acceptor_->open(endpoint.protocol(), error);
        if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor_->bind(endpoint, error);
        if (!error) acceptor_->listen(tcp::acceptor::max_listen_connections, error);
        if (!error) acceptor_->non_blocking(true, error);
        if (error) return failure(Errc::io, "cannot listen on " + place(options) + ": " + error.message());
        port_ = acceptor_->local_endpoint(error).port();
        return {};
    }

    void await_connection() {
        acceptor_->async_wait(tcp::acceptor::wait_read, [this](const error_code& error) {
            if (error) return;  // closed
            accept_all();
        });
    }

    void accept_all() {
        while (true) {
            if (core_.table.leaving() >= kLeavingMax) return accept_again_in(kLeavingTime);
            const std::shared_ptr<IoThread>& io = *std::min_element(
                io_.begin(), io_.end(),
                [](const auto& a, const auto& b) { return a->load.load() < b->load.load(); });
            error_code error;
            tcp::endpoint peer;
            tcp::socket socket = acceptor_->accept(io->context(), peer, error);
            if (error == asio::error::would_block) return await_connection();
            if (error == asio::error::connection_aborted || error == asio::error::interrupted) continue;
            if (error) return pause_accepting(error);
            admit(io, std::move(socket), peer.address());
        }
    }

    /// Out of descriptors or memory: the waiting peers stay in the backlog.
    void pause_accepting(const error_code& error) {
        core_.logger.warn("cannot accept connections, trying again", {{"error", error.message()}});
        accept_again_in(kOutOfDescriptorsTime);
    }

    void accept_again_in(std::chrono::milliseconds time) {
        retry_->expires_after(time);
        retry_->async_wait([this](const error_code& cancelled) {
            if (!cancelled) await_connection();
        });
    }

    void admit(const std::shared_ptr<IoThread>& io, tcp::socket socket, const asio::ip::address& peer) {
        const std::string address = peer.to_string();
        const bool exempt = peer.is_loopback() && !core_.options.connections_per_address_max;
        auto connection = tls_ ? internal::make_tls_connection(core_, io, std::move(socket), address, *tls_)
                               : internal::make_plain_connection(core_, io, std::move(socket), address);
        const auto admission = core_.table.add(connection, exempt);
        if (!admission.admitted) return core_.closed_address_cap.add();
        if (admission.victim != nullptr) admission.victim->evict();
        core_.connections.add(1);
        io->load.fetch_add(1);
        asio::post(io->context(), [connection] { connection->start(); });
    }

    void close_acceptor() {
        asio::post(io_.front()->context(), [this] {
            error_code ignored;
            acceptor_->close(ignored);
            retry_->cancel();
            acceptor_closed_ = true;
            acceptor_closed_.notify_all();
        });
        acceptor_closed_.wait(false);
    }

    internal::ServerCore core_;
    std::shared_ptr<asio::ssl::context> tls_;
    std::vector<std::shared_ptr<IoThread>> io_;
    std::unique_ptr<tcp::acceptor> acceptor_;
    std::unique_ptr<asio::steady_timer> retry_;
    std::atomic<bool> acceptor_closed_{false};
    std::uint16_t port_ = 0;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { stop(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerOptions options, Router router, Logger logger,
                                                      Metrics& metrics) {
    TILLSTREAM_CHECK(check_options(options));
    auto impl = std::make_unique<Impl>(std::move(options), std::move(router), logger, metrics);
    TILLSTREAM_CHECK(impl->open());
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const { return impl_->port(); }

std::string HttpServer::url() const {
    ServerOptions bound = impl_->options();
    bound.port = impl_->port();
    return (bound.tls ? "https://" : "http://") + place(bound);
}

Status HttpServer::reload_tls() { return impl_->reload_tls(); }

bool HttpServer::stop(std::chrono::milliseconds drain_timeout) { return impl_->stop(drain_timeout); }

}  // namespace tillstream
