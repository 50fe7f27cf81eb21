// client.h - a blocking HTTP/1.1 client over one keep-alive connection, for the command line and load
// generators.
//
// Lifecycle:  open resolves nothing and connects lazily; the connection is renewed when it went stale.
// Threads:    one thread at a time; many connections are many clients. With TLS the process must ignore
//             SIGPIPE.
// Errors:     unavailable (cannot connect, or the connection broke before the request was sent), timeout
//             (before it was sent, or an idempotent one), outcome_unknown (a POST or PATCH that may have been
//             processed), invalid_argument (URL, or a header with a line break), resource_exhausted (answer
//             over response_bytes_max). Any answer, 5xx included, is a value.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "net/http.h"

namespace tillstream {

struct ClientOptions {
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds request_timeout{30'000};  ///< for one whole request and answer
    std::size_t response_bytes_max = 256 << 20;
    std::string ca_file = {};         ///< PEM; empty: the system's
    bool verify_certificate = true;   ///< chain and host name
};

struct ClientRequest {
    Method method = Method::get;
    std::string target = "/";  ///< path and query, encoded
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string_view body = {};
};

struct ClientResponse {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    /// The first of that name, in any case.
    std::optional<std::string_view> find(std::string_view name) const;
};

class HttpClient {
public:
    /// `url` is "http://host[:port]" or "https://host[:port]"; a path in it is refused.
    static Result<HttpClient> open(std::string_view url, ClientOptions options = {});
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;
    ~HttpClient();

    /// Adds Host, and Content-Length for a body. An idempotent request (GET, HEAD, PUT, DELETE, OPTIONS) is
    /// sent once more if a kept connection turns out to be closed.
    Result<ClientResponse> send(const ClientRequest& request);

    struct RawResponse {
        int status = 0;
        std::string_view body;  ///< valid until the next call
    };
    /// Sends a complete request as it is (one request; its answer must not be one to HEAD). Never repeated: a
    /// failure after the first byte left is outcome_unknown.
    Result<RawResponse> send_raw(std::string_view request);

    /// The next request opens a new connection.
    void disconnect();

private:
    class Impl;
    explicit HttpClient(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tillstream
