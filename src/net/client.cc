#include "net/client.h"

#include <algorithm>

#include "net/internal/client_socket.h"
#include "net/internal/message_parser.h"

namespace tillstream {

using internal::Deadline;
using internal::Endpoint;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kReadBytes = 64 << 10;

Result<Endpoint> parse_url(std::string_view url) {
    const auto wrong = [&](std::string_view why) {
        return failure(Errc::invalid_argument, "url " + std::string(url) + ": " + std::string(why));
    };
    Endpoint endpoint;
    std::string_view rest = url;
    if (rest.starts_with("https://")) {
        endpoint.tls = true;
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return wrong("it must begin with http:// or https://");
    }
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.empty() || rest.find_first_of("/?#@ \r\n") != rest.npos)
        return wrong("only a host and a port are taken");
    const bool v6 = rest.front() == '[';
    const std::size_t host_end = v6 ? rest.find(']') : rest.find(':');
    if (v6 && host_end == rest.npos) return wrong("']' is missing");
    endpoint.host = v6 ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
    const std::string_view after =
        host_end == rest.npos ? std::string_view() : rest.substr(host_end + (v6 ? 1 : 0));
    endpoint.port = endpoint.tls ? "443" : "80";
    if (!after.empty()) {
        const std::string_view digits = after.substr(1);
        const bool number =
            !digits.empty() && digits.size() <= 5 &&
            std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (after.front() != ':' || !number) return wrong("the port is no number");
        endpoint.port = digits;
    }
    return endpoint;
}

bool idempotent(Method method) {
    return method != Method::post && method != Method::patch && method != Method::other;
}

bool breaks_line(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
}

}  // namespace

std::optional<std::string_view> ClientResponse::find(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (equal_ignoring_case(key, name)) return std::string_view(value);
    }
    return std::nullopt;
}

class HttpClient::Impl {
public:
    Impl(Endpoint endpoint, ClientOptions options, internal::ClientTlsHandle tls)
        : endpoint_(std::move(endpoint)), options_(std::move(options)), tls_(std::move(tls)) {
        const bool v6 = endpoint_.host.find(':') != std::string::npos;
        authority_ = (v6 ? "[" + endpoint_.host + "]" : endpoint_.host) + ":" + endpoint_.port;
    }

    Result<ClientResponse> send(const ClientRequest& request) {
        TILLSTREAM_CHECK(compose(request));
        const bool repeatable = idempotent(request.method);
        const bool kept = socket_.connected();
        ClientResponse response;
        Status done = exchange(head_, request.body, request.method == Method::head, response);
        const bool stale = !done && kept && done.error().code != Errc::timeout && !answer_begun_;
        if (stale && (repeatable || sent_ == 0)) {
            done = exchange(head_, request.body, request.method == Method::head, response);
        }
        if (!done) return failure(settle(std::move(done.error()), repeatable));
        return response;
    }

    Result<RawResponse> send_raw(std::string_view request) {
        raw_.headers.clear();
        Status done = exchange(request, {}, false, raw_, false);
        if (!done) return failure(settle(std::move(done.error()), false));
        return RawResponse{raw_.status, raw_.body};
    }

    void disconnect() { socket_.close(); }

private:
    Status compose(const ClientRequest& request) {
        if (request.method == Method::other || !request.target.starts_with('/') ||
            breaks_line(request.target) || request.target.find(' ') != std::string::npos) {
            return failure(Errc::invalid_argument,
                           "request target " + request.target + " is no encoded path");
        }
        head_.assign(to_string(request.method))
            .append(" ")
            .append(request.target)
            .append(" HTTP/1.1\r\nHost: ");
        head_.append(authority_).append("\r\n");
        for (const auto& [name, value] : request.headers) {
            if (breaks_line(name) || breaks_line(value)) {
                return failure(Errc::invalid_argument, "header " + name + " contains a line break");
            }
            head_.append(name).append(": ").append(value).append("\r\n");
        }
        const bool sends_length = !request.body.empty() || request.method == Method::post ||
                                  request.method == Method::put || request.method == Method::patch;
        if (sends_length)
            head_.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
        head_.append("\r\n");
        return {};
    }

    /// One attempt. A failure closes the connection and leaves sent_ and answer_begun_ to judge it by.
    Status exchange(std::string_view head, std::string_view body, bool answers_head, ClientResponse& response,
                    bool keep_headers = true) {
        sent_ = 0;
        answer_begun_ = false;
        const auto now = steady_clock::now();
        if (socket_.stale()) socket_.close();
        if (!socket_.connected()) {
            TILLSTREAM_CHECK(socket_.connect(endpoint_, tls_.get(), now + options_.connect_timeout));
        }
        const Deadline deadline = now + options_.request_timeout;
        Status done = socket_.write(head, body, deadline, sent_);
        // A server that refuses early may have answered although it took not all of the body.
        if (done || (done.error().code == Errc::io && sent_ != 0)) {
            parser_.begin(answers_head, options_.response_bytes_max, &response.body,
                          keep_headers ? &response.headers : nullptr);
            Status received = receive(deadline);
            if (!done && received) socket_.close();
            done = std::move(received);
        }
        if (!done) {
            socket_.close();
            return done;
        }
        response.status = parser_.status();
        if (!parser_.keep_alive()) socket_.close();
        return {};
    }

    Status receive(Deadline deadline) {
        input_.clear();
        while (true) {
            const std::size_t before = input_.size();
            const std::size_t size =
                TILLSTREAM_TRY(socket_.read(input_.extend(kReadBytes), kReadBytes, deadline));
            input_.resize(before + size);
            if (size == 0) return parser_.finish();
            answer_begun_ = true;
            const auto progress = TILLSTREAM_TRY(parser_.read(input_.view()));
            if (progress.done) return {};
            const std::size_t left = input_.size() - progress.consumed;
            std::memmove(input_.data(), input_.data() + progress.consumed, left);
            input_.resize(left);
        }
    }

    /// What a failed attempt means to the caller.
    Error settle(Error error, bool repeatable) const {
        if (sent_ != 0 && !repeatable && error.code != Errc::resource_exhausted)
            error.code = Errc::outcome_unknown;
        if (error.code == Errc::io) error.code = Errc::unavailable;
        return std::move(error).with_context(authority_);
    }

    Endpoint endpoint_;
    ClientOptions options_;
    internal::ClientTlsHandle tls_;
    std::string authority_;
    internal::ClientSocket socket_;
    internal::ResponseParser parser_;
    std::string head_;
    Buffer input_;
    ClientResponse raw_;
    std::size_t sent_ = 0;
    bool answer_begun_ = false;
};

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient> HttpClient::open(std::string_view url, ClientOptions options) {
    Endpoint endpoint = TILLSTREAM_TRY(parse_url(url));
    internal::ClientTlsHandle tls;
    if (endpoint.tls)
        tls = TILLSTREAM_TRY(internal::make_client_tls(options.ca_file, options.verify_certificate));
    return HttpClient(std::make_unique<Impl>(std::move(endpoint), std::move(options), std::move(tls)));
}

Result<ClientResponse> HttpClient::send(const ClientRequest& request) { return impl_->send(request); }
Result<HttpClient::RawResponse> HttpClient::send_raw(std::string_view request) {
    return impl_->send_raw(request);
}
void HttpClient::disconnect() { impl_->disconnect(); }

}  // namespace tillstream
