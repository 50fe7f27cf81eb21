#include "bench/load/load_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace tillstream::bench {

namespace {

Error errno_failure(std::string_view what) {
    return {Errc::io, fmt::format("{}: {}", what, std::strerror(errno))};
}

Error tls_failure(std::string_view what) {
    char text[256] = "no reason given";
    if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return {Errc::io, fmt::format("{}: {}", what, text)};
}

int bounded(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

void TlsFree::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void TlsFree::operator()(ssl_st* session) const { SSL_free(session); }

Result<LoadTls> make_load_tls() {
    LoadTls tls(SSL_CTX_new(TLS_client_method()));
    if (!tls) return failure(tls_failure("SSL_CTX_new"));
    SSL_CTX_set_min_proto_version(tls.get(), TLS1_2_VERSION);
    SSL_CTX_set_mode(tls.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(tls.get(), SSL_VERIFY_NONE, nullptr);
    return tls;
}

Result<LoadSocket> LoadSocket::connect(std::uint16_t port, ssl_ctx_st* tls) {
    LoadSocket made;
    made.fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made.fd_ < 0) return failure(errno_failure("socket"));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(made.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return failure(errno_failure(fmt::format("connect to 127.0.0.1:{}", port)));
    const int on = 1;
    ::setsockopt(made.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (tls != nullptr) {
        made.session_.reset(SSL_new(tls));
        if (!made.session_ || SSL_set_fd(made.session_.get(), made.fd_) != 1)
            return failure(tls_failure("SSL_new"));
        if (SSL_connect(made.session_.get()) != 1)
            return failure(tls_failure(fmt::format("tls handshake with 127.0.0.1:{}", port)));
    }
    ::fcntl(made.fd_, F_SETFL, ::fcntl(made.fd_, F_GETFL) | O_NONBLOCK);
    return made;
}

LoadSocket::LoadSocket(LoadSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), session_(std::move(other.session_)) {}

LoadSocket& LoadSocket::operator=(LoadSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(session_, other.session_);
    return *this;
}

LoadSocket::~LoadSocket() {
    session_.reset();
    if (fd_ >= 0) ::close(fd_);
}

LoadSocket::Moved LoadSocket::outcome_of(int moved) {
    if (moved > 0) return {State::moved, static_cast<std::size_t>(moved)};
    const int error = SSL_get_error(session_.get(), moved);
    ERR_clear_error();
    const bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    return {waits ? State::would_wait : State::ended, 0};
}

LoadSocket::Moved LoadSocket::send(std::string_view bytes) {
    if (session_) return outcome_of(SSL_write(session_.get(), bytes.data(), bounded(bytes.size())));
    for (;;) {
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n > 0) return {State::moved, static_cast<std::size_t>(n)};
        if (errno == EINTR) continue;
        return {errno == EAGAIN || errno == EWOULDBLOCK ? State::would_wait : State::ended, 0};
    }
}

LoadSocket::Moved LoadSocket::receive(char* into, std::size_t size) {
    if (session_) return outcome_of(SSL_read(session_.get(), into, bounded(size)));
    for (;;) {
        const ssize_t n = ::recv(fd_, into, size, 0);
        if (n > 0) return {State::moved, static_cast<std::size_t>(n)};
        if (n < 0 && errno == EINTR) continue;
        return {n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? State::would_wait : State::ended, 0};
    }
}

}  // namespace tillstream::bench
