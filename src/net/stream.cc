#include "net/internal/stream.h"

#include <array>
#include <boost/asio/ssl/stream.hpp>
#include <type_traits>

namespace tillstream::internal {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket>;

/// One implementation for plain and TLS sockets: they differ in handshake, in the end, and in that a TLS
/// stream
/// cannot be written without waiting.
template <class Stream>
class StreamConnection final : public Connection {
    static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

public:
    template <class... Arguments>
    StreamConnection(ServerCore& core, std::shared_ptr<IoThread> io, std::string peer_address,
                     Arguments&&... arguments)
        : Connection(core, std::move(io), std::move(peer_address)),
          stream_(std::forward<Arguments>(arguments)...) {}

private:
    std::shared_ptr<StreamConnection> self() {
        return std::static_pointer_cast<StreamConnection>(this->shared_from_this());
    }
    tcp::socket& socket() {
        if constexpr (kTls) {
            return stream_.next_layer();
        } else {
            return stream_;
        }
    }

    bool encrypted() const override { return kTls; }

    void start_handshake() override {
        error_code ignored;
        socket().set_option(tcp::no_delay(true), ignored);
        socket().non_blocking(true, ignored);
        if constexpr (kTls) {
            stream_.async_handshake(asio::ssl::stream_base::server,
                                    [me = self()](const error_code& error) { me->on_handshake(!error); });
        } else {
            on_handshake(true);
        }
    }

    void start_read(char* into, std::size_t size) override {
        stream_.async_read_some(
            asio::buffer(into, size),
            [me = self()](const error_code& error, std::size_t n) { me->on_read(!error, n); });
    }

    void cancel_read() override {
        error_code ignored;
        socket().cancel(ignored);
    }

    std::optional<std::size_t> write_now(std::string_view first, std::string_view second) override {
        if constexpr (kTls) {
            return 0;
        } else {
            error_code error;
            const std::size_t taken = stream_.write_some(gathered(first, second), error);
            if (error && error != asio::error::would_block) return std::nullopt;
            return taken;
        }
    }

    void start_write(std::string_view first, std::string_view second) override {
        stream_.async_write_some(
            gathered(first, second),
            [me = self()](const error_code& error, std::size_t n) { me->on_written(!error, n); });
    }

    void start_end() override {
        if constexpr (kTls) {
            stream_.async_shutdown([me = self()](const error_code&) { me->end_sending(); });
        } else {
            end_sending();
        }
    }

    void end_sending() {
        error_code ignored;
        socket().shutdown(tcp::socket::shutdown_send, ignored);
        on_discarded(true);
    }

    void start_discard(char* into, std::size_t size) override {
        socket().async_read_some(
            asio::buffer(into, size),
            [me = self()](const error_code& error, std::size_t) { me->on_discarded(!error); });
    }

    void close_socket() override {
        error_code ignored;
        socket().close(ignored);
    }

    static std::array<asio::const_buffer, 2> gathered(std::string_view first, std::string_view second) {
        return {asio::const_buffer(first.data(), first.size()),
                asio::const_buffer(second.data(), second.size())};
    }

    Stream stream_;
};

Status check(const error_code& error, std::string_view what, const std::string& file) {
    if (!error) return {};
    return failure(Errc::invalid_argument, std::string(what) + " " + file + ": " + error.message());
}

}  // namespace

std::shared_ptr<Connection> make_plain_connection(ServerCore& core, std::shared_ptr<IoThread> io,
                                                  tcp::socket socket, std::string peer) {
    return std::make_shared<StreamConnection<tcp::socket>>(core, std::move(io), std::move(peer),
                                                           std::move(socket));
}

std::shared_ptr<Connection> make_tls_connection(ServerCore& core, std::shared_ptr<IoThread> io,
                                                tcp::socket socket, std::string peer,
                                                asio::ssl::context& context) {
    return std::make_shared<StreamConnection<TlsStream>>(core, std::move(io), std::move(peer),
                                                         std::move(socket), context);
}

Result<std::unique_ptr<asio::ssl::context>> make_tls_context(const TlsOptions& options) {
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX* const native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // an idle connection keeps no record buffers
    error_code error;
    context->use_certificate_chain_file(options.certificate_file, error);
    TILLSTREAM_CHECK(check(error, "tls certificate", options.certificate_file));
    context->use_private_key_file(options.key_file, asio::ssl::context::pem, error);
    TILLSTREAM_CHECK(check(error, "tls key", options.key_file));
    if (SSL_CTX_check_private_key(native) != 1) {
        return failure(
            Errc::invalid_argument,
            "tls key " + options.key_file + " does not belong to certificate " + options.certificate_file);
    }
    return context;
}

}  // namespace tillstream::internal
