// hostile_connection.h - one connection of a crowd that takes a server's time and gives nothing back.
//
// Kinds:    header and body send one byte when they are told to, for ever; reader asks for much and reads
//           none of it; idle asks once, reads the answer and stays.
// Threads:  one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/result.h"

namespace tillstream::bench {

enum class Hostility : std::uint8_t { header, body, reader, idle };
inline constexpr std::size_t kHostilities = 4;

std::string_view to_string(Hostility hostility);

class HostileConnection {
public:
    explicit HostileConnection(Hostility hostility) : hostility_(hostility) {}
    HostileConnection(HostileConnection&& other) noexcept;
    HostileConnection& operator=(HostileConnection&&) = delete;
    ~HostileConnection() { close(); }

    /// Connects to 127.0.0.1 and sends what its kind begins with.
    Status open(std::uint16_t port);
    void close();
    bool is_open() const { return fd_ >= 0; }
    int fd() const { return fd_; }
    Hostility hostility() const { return hostility_; }
    /// Of epoll; ends are told whatever it asks for.
    std::uint32_t events() const;
    /// The next byte of those that dribble. A server that has closed is noticed by epoll, not here.
    void dribble();
    /// Reads what has come; false at the end. A first answer's status is kept.
    bool read();
    /// Of the first answer to this connection; 0: none yet.
    int status() const { return status_; }

private:
    void send(std::string_view bytes);

    Hostility hostility_;
    int fd_ = -1;
    int status_ = 0;
};

}  // namespace tillstream::bench
