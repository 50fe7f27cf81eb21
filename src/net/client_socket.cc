#include "net/internal/client_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tillstream::internal {

namespace {

std::string errno_text(int number) { return std::generic_category().message(number); }

std::string tls_text() {
    char text[256] = "closed by the peer";
    if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return text;
}

struct SslFree {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};

}  // namespace

struct ClientTls {
    SSL_CTX* context = nullptr;
    bool verify = true;
};

void ClientTlsFree::operator()(ClientTls* tls) const {
    SSL_CTX_free(tls->context);
    delete tls;
}

Result<ClientTlsHandle> make_client_tls(const std::string& ca_file, bool verify) {
    ClientTlsHandle tls(new ClientTls{SSL_CTX_new(TLS_client_method()), verify});
    if (tls->context == nullptr) return failure(Errc::internal, "tls: " + tls_text());
    SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
    SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    const int loaded = ca_file.empty()
                           ? SSL_CTX_set_default_verify_paths(tls->context)
                           : SSL_CTX_load_verify_locations(tls->context, ca_file.c_str(), nullptr);
    if (loaded != 1)
        return failure(Errc::invalid_argument, "tls authority file " + ca_file + ": " + tls_text());
    SSL_CTX_set_verify(tls->context, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    return tls;
}

struct ClientSocket::Session {
    std::unique_ptr<SSL, SslFree> ssl;
};

ClientSocket::ClientSocket() : session_(std::make_unique<Session>()) {}
ClientSocket::~ClientSocket() { close(); }

void ClientSocket::close() {
    session_->ssl.reset();
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

bool ClientSocket::stale() const {
    char byte;
    return fd_ >= 0 && (::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN);
}

Status ClientSocket::wait(short events, Deadline deadline) {
    while (true) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd polled{fd_, events, 0};
        const int ready =
            left <= 0 ? 0 : ::poll(&polled, 1, static_cast<int>(std::min<std::int64_t>(left, 1 << 30)));
        if (ready > 0) return {};
        if (ready == 0) return failure(Errc::timeout, "no answer in time");
        if (errno != EINTR) return failure(Errc::io, "poll: " + errno_text(errno));
    }
}

Status ClientSocket::connect(const Endpoint& endpoint, ClientTls* tls, Deadline deadline) {
    close();
    Status done = connect_tcp(endpoint, deadline);
    if (done && endpoint.tls) done = handshake(endpoint, *tls, deadline);
    if (!done) {
        close();
        return failure(
            std::move(done.error()).with_context("cannot connect to " + endpoint.host + ":" + endpoint.port));
    }
    return {};
}

Status ClientSocket::connect_tcp(const Endpoint& endpoint, Deadline deadline) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found);
        code != 0) {
        return failure(Errc::unavailable, ::gai_strerror(code));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    Status last = failure(Errc::unavailable, "the name has no address");
    for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
        close();
        fd_ = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd_ < 0) return failure(Errc::io, "socket: " + errno_text(errno));
        int error = ::connect(fd_, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
        if (error == EINPROGRESS) {
            TILLSTREAM_CHECK(wait(POLLOUT, deadline));
            socklen_t size = sizeof error;
            ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
        }
        if (error == 0) {
            const int on = 1;
            ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return {};
        }
        last = failure(Errc::unavailable, errno_text(error));
    }
    return last;
}

Status ClientSocket::handshake(const Endpoint& endpoint, ClientTls& tls, Deadline deadline) {
    session_->ssl.reset(SSL_new(tls.context));
    SSL* const ssl = session_->ssl.get();
    if (ssl == nullptr || SSL_set_fd(ssl, fd_) != 1) return failure(Errc::internal, "tls: " + tls_text());
    in6_addr address;
    const bool by_address = ::inet_pton(AF_INET, endpoint.host.c_str(), &address) == 1 ||
                            ::inet_pton(AF_INET6, endpoint.host.c_str(), &address) == 1;
    if (by_address) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), endpoint.host.c_str());
    } else {
        SSL_set_tlsext_host_name(ssl, endpoint.host.c_str());
        SSL_set1_host(ssl, endpoint.host.c_str());
    }
    while (true) {
        ERR_clear_error();
        const int outcome = SSL_connect(ssl);
        if (outcome == 1) return {};
        if (const long verdict = SSL_get_verify_result(ssl); tls.verify && verdict != X509_V_OK) {
            return failure(Errc::unavailable, std::string("the server's certificate: ") +
                                                  X509_verify_cert_error_string(verdict));
        }
        Status ready = wait_tls(outcome, deadline);
        if (!ready && ready.error().code == Errc::io) ready.error().code = Errc::unavailable;
        TILLSTREAM_CHECK(std::move(ready));
    }
}

Status ClientSocket::wait_tls(int outcome, Deadline deadline) {
    switch (SSL_get_error(session_->ssl.get(), outcome)) {
        case SSL_ERROR_WANT_READ: return wait(POLLIN, deadline);
        case SSL_ERROR_WANT_WRITE: return wait(POLLOUT, deadline);
        default: return failure(Errc::io, "tls: " + tls_text());
    }
}

Status ClientSocket::write(std::string_view first, std::string_view second, Deadline deadline,
                           std::size_t& sent) {
    sent = 0;
    while (sent < first.size() + second.size()) {
        const std::string_view head = first.substr(std::min(sent, first.size()));
        const std::string_view body = second.substr(sent - std::min(sent, first.size()));
        if (session_->ssl) {
            const std::string_view next = head.empty() ? body : head;
            ERR_clear_error();
            const int taken = SSL_write(session_->ssl.get(), next.data(),
                                        static_cast<int>(std::min<std::size_t>(next.size(), 1 << 30)));
            if (taken > 0) {
                sent += static_cast<std::size_t>(taken);
            } else {
                TILLSTREAM_CHECK(wait_tls(taken, deadline));
            }
            continue;
        }
        iovec parts[2] = {{const_cast<char*>(head.data()), head.size()},
                          {const_cast<char*>(body.data()), body.size()}};
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = 2;
        const ssize_t taken = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
        if (taken >= 0) {
            sent += static_cast<std::size_t>(taken);
        } else if (errno == EAGAIN) {
            TILLSTREAM_CHECK(wait(POLLOUT, deadline));
        } else if (errno != EINTR) {
            return failure(Errc::io, "send: " + errno_text(errno));
        }
    }
    return {};
}

Result<std::size_t> ClientSocket::read(char* into, std::size_t size, Deadline deadline) {
    while (true) {
        if (session_->ssl) {
            ERR_clear_error();
            const int taken =
                SSL_read(session_->ssl.get(), into, static_cast<int>(std::min<std::size_t>(size, 1 << 30)));
            if (taken > 0) return static_cast<std::size_t>(taken);
            if (SSL_get_error(session_->ssl.get(), taken) == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
            TILLSTREAM_CHECK(wait_tls(taken, deadline));
            continue;
        }
        const ssize_t taken = ::recv(fd_, into, size, 0);
        if (taken >= 0) return static_cast<std::size_t>(taken);
        if (errno == EAGAIN) {
            TILLSTREAM_CHECK(wait(POLLIN, deadline));
        } else if (errno != EINTR) {
            return failure(Errc::io, "receive: " + errno_text(errno));
        }
    }
}

}  // namespace tillstream::internal
