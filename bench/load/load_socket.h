// load_socket.h - one connection of the load generator to 127.0.0.1, plain or TLS.
//
// Lifecycle:  connect (waits, handshake included) -> send and receive, which never wait -> destruction
//             closes.
// Checked:    nothing of the server's certificate: what is measured is encryption, not trust.
// Threads:    one at a time; a LoadTls may be shared by connections of several threads. The process must
//             ignore SIGPIPE if it speaks TLS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace tillstream::bench {

struct TlsFree {
    void operator()(ssl_ctx_st* context) const;
    void operator()(ssl_st* session) const;
};
using LoadTls = std::unique_ptr<ssl_ctx_st, TlsFree>;

/// As clients of the product do: TLS 1.2 at least.
Result<LoadTls> make_load_tls();

class LoadSocket {
public:
    LoadSocket() = default;
    /// `tls` may be null: plain.
    static Result<LoadSocket> connect(std::uint16_t port, ssl_ctx_st* tls);
    LoadSocket(LoadSocket&& other) noexcept;
    LoadSocket& operator=(LoadSocket&& other) noexcept;
    ~LoadSocket();

    bool is_open() const { return fd_ >= 0; }
    int fd() const { return fd_; }

    enum class State : unsigned char { moved, would_wait, ended };
    struct Moved {
        State state = State::ended;
        std::size_t bytes = 0;  ///< if it moved
    };
    /// Some of `bytes`. After would_wait the same bytes must be given again.
    Moved send(std::string_view bytes);
    Moved receive(char* into, std::size_t size);

private:
    Moved outcome_of(int moved);

    int fd_ = -1;
    std::unique_ptr<ssl_st, TlsFree> session_;  ///< null: plain
};

}  // namespace tillstream::bench
