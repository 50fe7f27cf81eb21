// client_socket.h - a blocking TCP or TLS connection with one deadline for a whole exchange.
//
// Threads:  one at a time.
// Errors:   unavailable (cannot connect), timeout (the deadline passed), io (the connection broke).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"

namespace tillstream::internal {

using Deadline = std::chrono::steady_clock::time_point;

struct Endpoint {
    std::string host;
    std::string port;
    bool tls = false;
};

struct ClientTls;

class ClientSocket {
public:
    ClientSocket();
    ~ClientSocket();
    ClientSocket(const ClientSocket&) = delete;
    ClientSocket& operator=(const ClientSocket&) = delete;

    /// `tls` may be null for a plain endpoint.
    Status connect(const Endpoint& endpoint, ClientTls* tls, Deadline deadline);
    bool connected() const { return fd_ >= 0; }
    /// The peer closed, or sent what nobody asked for: not to be used for another request.
    bool stale() const;
    void close();

    /// `sent` counts what left, also on failure.
    Status write(std::string_view first, std::string_view second, Deadline deadline, std::size_t& sent);
    /// 0 at the end of the stream.
    Result<std::size_t> read(char* into, std::size_t size, Deadline deadline);

private:
    Status connect_tcp(const Endpoint& endpoint, Deadline deadline);
    Status handshake(const Endpoint& endpoint, ClientTls& tls, Deadline deadline);
    Status wait(short events, Deadline deadline);
    /// Waits for what OpenSSL wants after a call that returned `outcome`; an error ends the exchange.
    Status wait_tls(int outcome, Deadline deadline);

    struct Session;
    int fd_ = -1;
    std::unique_ptr<Session> session_;
};

struct ClientTlsFree {
    void operator()(ClientTls* tls) const;
};
using ClientTlsHandle = std::unique_ptr<ClientTls, ClientTlsFree>;
/// invalid_argument naming a CA file that cannot be used.
Result<ClientTlsHandle> make_client_tls(const std::string& ca_file, bool verify);

}  // namespace tillstream::internal
