// loopback_test.h - for tests of net: a server on a free port and a connection that sends any bytes whatever.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/client.h"
#include "net/internal/message_parser.h"
#include "net/server.h"

namespace tillstream::testing {

/// A handler that answers with the body it got.
inline void echo(HttpRequest&& request, Responder responder) {
    HttpResponse response;
    response.body = std::string(request.body.view());
    response.content_type = "application/octet-stream";
    responder.send(std::move(response), std::move(request.body));
}

inline void hello(HttpRequest&&, Responder responder) {
    responder.send({.status = 200, .body = "hello", .content_type = "text/plain", .headers = {}});
}

/// POST /echo, GET /hello, GET /items/{id}, and what the test adds.
inline Router make_router(const std::function<void(Router&)>& more = {}) {
    Router router;
    EXPECT_TRUE(router.add(Method::post, "/echo", echo));
    EXPECT_TRUE(router.add(Method::get, "/hello", hello));
    EXPECT_TRUE(router.add(Method::get, "/items/{id}", [](HttpRequest&& request, Responder responder) {
        responder.send({.body = std::string(request.params.find("id").value_or("?")), .headers = {}});
    }));
    if (more) more(router);
    return router;
}

struct Loopback {
    explicit Loopback(ServerOptions options = {}, const std::function<void(Router&)>& more = {}) {
        if (options.io_threads == 0) options.io_threads = 2;
        auto started = HttpServer::start(std::move(options), make_router(more), Logger::silent(), metrics);
        if (!started) ADD_FAILURE() << started.error().message;
        server = std::move(*started);
    }

    Metrics metrics;
    std::unique_ptr<HttpServer> server;
};

/// A connection that knows nothing of HTTP when it sends. Waits at most 20 s for anything.
class RawConnection {
public:
    explicit RawConnection(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    explicit RawConnection(const HttpServer& server) : RawConnection(server.port()) {}
    RawConnection(RawConnection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ~RawConnection() {
        if (fd_ >= 0) ::close(fd_);
    }

    /// False once the peer has reset the connection.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    void end_sending() { ::shutdown(fd_, SHUT_WR); }

    /// The next answer; status 0 if the connection ended or 20 s passed before one.
    ClientResponse receive(bool answers_head = false) {
        ClientResponse response;
        internal::ResponseParser parser;
        parser.begin(answers_head, 64 << 20, &response.body, &response.headers);
        while (true) {
            const auto progress = parser.read(received_);
            if (!progress) return {};
            received_.erase(0, progress->consumed);
            if (progress->done) break;
            if (!read_more()) return {};
        }
        response.status = parser.status();
        return response;
    }
    /// The next bytes, as they are; empty at the end.
    std::string receive_bytes() {
        if (received_.empty()) read_more();
        return std::exchange(received_, {});
    }
    /// True if nothing but the end comes.
    bool closed_by_peer() { return received_.empty() && !read_more() && ended_; }

private:
    bool read_more() {
        pollfd polled{fd_, POLLIN, 0};
        if (::poll(&polled, 1, 20'000) != 1) return false;
        char bytes[16 << 10];
        const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
        ended_ = size <= 0;
        if (ended_) return false;
        received_.append(bytes, static_cast<std::size_t>(size));
        return true;
    }

    int fd_;
    std::string received_;
    bool ended_ = false;
};

inline std::string get(std::string_view path) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n\r\n";
}

inline std::string post(std::string_view path, std::string_view body) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

}  // namespace tillstream::testing
