#include "bench/crowd/hostile_connection.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>

namespace tillstream::bench {

namespace {

constexpr std::string_view kHeadStart = "POST /v1/streams/sales/records HTTP/1.1\r\nHost: shop\r\n";
/// As large as a hundred sales.
constexpr std::string_view kBodyLength = "Content-Length: 20000\r\n\r\n[";
/// Open to all, and the largest answer that is.
constexpr std::string_view kLargeRead = "GET /openapi.json HTTP/1.1\r\nHost: shop\r\n\r\n";
/// More than a server reads ahead: what it has not read when it closes makes the kernel tell us.
constexpr int kLargeReads = 400;
constexpr std::string_view kSmallRead = "GET /livez HTTP/1.1\r\nHost: shop\r\n\r\n";
constexpr int kReaderBufferBytes = 4096;
/// Small segments keep the kernel from setting megabytes aside for what is not read.
constexpr int kReaderSegmentBytes = 536;

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

}  // namespace

std::string_view to_string(Hostility hostility) {
    switch (hostility) {
        case Hostility::header: return "header";
        case Hostility::body: return "body";
        case Hostility::reader: return "reader";
        case Hostility::idle: return "idle";
    }
    return "";
}

HostileConnection::HostileConnection(HostileConnection&& other) noexcept
    : hostility_(other.hostility_), fd_(std::exchange(other.fd_, -1)), status_(other.status_) {}

Status HostileConnection::open(std::uint16_t port) {
    status_ = 0;
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return failure(Errc::io, fmt::format("socket: {}", std::strerror(errno)));
    if (hostility_ == Hostility::reader) {
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &kReaderBufferBytes, sizeof kReaderBufferBytes);
        ::setsockopt(fd_, IPPROTO_TCP, TCP_MAXSEG, &kReaderSegmentBytes, sizeof kReaderSegmentBytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return failure(Errc::io, fmt::format("connect to 127.0.0.1:{}: {}", port, std::strerror(errno)));
    switch (hostility_) {
        case Hostility::header: send(std::string(kHeadStart) + "X-Slow: "); break;
        case Hostility::body: send(std::string(kHeadStart) + std::string(kBodyLength)); break;
        case Hostility::reader: send(repeated(kLargeRead, kLargeReads)); break;
        case Hostility::idle: send(kSmallRead); break;
    }
    return {};
}

void HostileConnection::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

std::uint32_t HostileConnection::events() const {
    const std::uint32_t ends = EPOLLRDHUP;
    return hostility_ == Hostility::reader ? ends : ends | EPOLLIN;
}

void HostileConnection::send(std::string_view bytes) {
    // What does not fit is left out: none of it is meant to be answered in full.
    [[maybe_unused]] const ssize_t sent =
        ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void HostileConnection::dribble() {
    if (hostility_ == Hostility::header || hostility_ == Hostility::body) send(" ");
}

bool HostileConnection::read() {
    std::array<char, 4096> bytes{};
    const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    constexpr std::size_t kStatusAt = std::string_view("HTTP/1.1 ").size();
    if (status_ == 0 && n >= static_cast<ssize_t>(kStatusAt + 3))
        std::from_chars(bytes.data() + kStatusAt, bytes.data() + kStatusAt + 3, status_);
    return n > 0;
}

}  // namespace tillstream::bench
