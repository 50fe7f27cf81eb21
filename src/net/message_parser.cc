#include "net/internal/message_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>

#include "core/assert.h"

namespace tillstream::internal {

namespace http = boost::beast::http;
using boost::beast::error_code;

namespace {

std::string_view plain(boost::beast::string_view text) { return {text.data(), text.size()}; }

Problem bad_request(std::string detail) { return Problem{.status = 400, .detail = std::move(detail)}; }

Method method_of(http::verb verb) {
    switch (verb) {
        case http::verb::get: return Method::get;
        case http::verb::head: return Method::head;
        case http::verb::post: return Method::post;
        case http::verb::put: return Method::put;
        case http::verb::patch: return Method::patch;
        case http::verb::delete_: return Method::del;
        case http::verb::options: return Method::options;
        default: return Method::other;
    }
}

/// What the fields of a head say about framing, counted as they pass.
struct FramingFields {
    int hosts = 0;
    int content_lengths = 0;
    int transfer_encodings = 0;
    std::string_view host;
    std::string_view content_length;
    std::string_view transfer_encoding;
    std::string_view expect;
};

/// Stores fields where a RequestHead looks for them, and chunks in a body.
class RequestSink final : public http::basic_parser<true> {
public:
    RequestHead* head = nullptr;
    bool http_1_0 = false;
    FramingFields fields;
    Buffer* body = nullptr;
    std::size_t body_bytes_max = 0;
    bool over_limit = false;

private:
    void on_request_impl(http::verb verb, boost::beast::string_view text, boost::beast::string_view target,
                         int version, error_code&) override {
        http_1_0 = version == 10;
        head->method = method_of(verb);
        head->method_text = plain(text);
        head->target = plain(target);
    }
    void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
    void on_field_impl(http::field field, boost::beast::string_view name, boost::beast::string_view value,
                       error_code&) override {
        if (is_header_done()) return;  // a trailer
        head->headers.add(plain(name), plain(value));
        switch (field) {
            case http::field::host: ++fields.hosts, fields.host = plain(value); break;
            case http::field::content_length:
                ++fields.content_lengths, fields.content_length = plain(value);
                break;
            case http::field::transfer_encoding:
                ++fields.transfer_encodings, fields.transfer_encoding = plain(value);
                break;
            case http::field::expect: fields.expect = plain(value); break;
            default: break;
        }
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(boost::beast::string_view bytes, error_code&) override { return bytes.size(); }
    void on_chunk_header_impl(std::uint64_t size, boost::beast::string_view, error_code& ec) override {
        over_limit = size > body_bytes_max - body->size();
        if (over_limit) ec = http::error::body_limit;
    }
    std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view bytes, error_code&) override {
        body->append(plain(bytes));
        return bytes.size();
    }
    void on_finish_impl(error_code&) override {}
};

/// Beast takes a list of equal lengths for one.
bool digits_only(std::string_view text) { return text.find_first_not_of("0123456789") == text.npos; }

bool sane_host(std::string_view host) { return host.find_first_of(" \t,/@?#\\") == host.npos; }

std::optional<Problem> check_fields(const FramingFields& fields, bool http_1_0) {
    if (fields.content_lengths > 1) return bad_request("the header Content-Length is there more than once");
    if (!digits_only(fields.content_length)) return bad_request("the header Content-Length is no number");
    if (fields.transfer_encodings > 0) {
        if (fields.content_lengths > 0)
            return bad_request("both Content-Length and Transfer-Encoding are given");
        if (fields.transfer_encodings > 1)
            return bad_request("the header Transfer-Encoding is there more than once");
        if (http_1_0) return bad_request("Transfer-Encoding is not part of HTTP/1.0");
        if (!equal_ignoring_case(fields.transfer_encoding, "chunked")) {
            return bad_request("the only Transfer-Encoding understood is chunked");
        }
    }
    if (fields.hosts > 1) return bad_request("the header Host is there more than once");
    if (fields.hosts == 0 && !http_1_0) return bad_request("the header Host is missing");
    if (!sane_host(fields.host)) return bad_request("the header Host is no host name");
    return std::nullopt;
}

bool sound_escapes(std::string_view text) {
    constexpr std::size_t kChunk = 256;
    char scratch[kChunk];
    while (true) {
        const std::size_t escape = text.find('%');
        if (escape == text.npos) return true;
        text.remove_prefix(escape);
        if (percent_decode_into(text.substr(0, 3), false, scratch) == kBadEscape) return false;
        text.remove_prefix(3);
    }
}

/// Splits the target into path and query. False if it is none a server answers to.
bool split_target(RequestHead& head) {
    std::string_view rest = head.target;
    for (const char c : rest) {
        if (c <= ' ' || c == '#' || c == '\x7f') return false;
    }
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (rest.size() < scheme.size() || !equal_ignoring_case(rest.substr(0, scheme.size()), scheme))
            continue;
        const std::size_t slash = rest.find('/', scheme.size());
        if (slash == rest.npos) return false;
        rest.remove_prefix(slash);
        break;
    }
    if (!rest.starts_with('/') || !sound_escapes(rest)) return false;
    const std::size_t mark = rest.find('?');
    head.path = rest.substr(0, mark);
    head.query_text = mark == rest.npos ? std::string_view() : rest.substr(mark + 1);
    return true;
}

void split_query(RequestHead& head) {
    std::string_view rest = head.query_text;
    while (!rest.empty()) {
        const std::size_t end = rest.find('&');
        const std::string_view pair = rest.substr(0, end);
        rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
        if (pair.empty()) continue;
        const std::size_t equals = pair.find('=');
        const std::string_view value = equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
        head.query.add(store_decoded(head.storage, pair.substr(0, equals), true),
                       store_decoded(head.storage, value, true));
    }
}

}  // namespace

struct RequestParser::Impl {
    std::optional<RequestSink> sink;
};

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::~RequestParser() = default;

std::optional<Problem> RequestParser::parse_head(std::string_view block, RequestHead& head,
                                                 Framing& framing) {
    constexpr std::size_t kUsualHeaders = 16;
    head.storage.clear();
    head.storage.reserve(2 * block.size() + kPeerBytesMax + kRequestIdBytesMax + kPrincipalBytesMax);
    head.headers.reserve(kUsualHeaders);
    const std::string_view stored = store(head.storage, block);

    RequestSink& sink = impl_->sink.emplace();
    sink.header_limit(std::numeric_limits<std::uint32_t>::max());  // the scanner has bounded it
    sink.body_limit(boost::none);                                  // known before the body is read
    sink.head = &head;
    error_code error;
    sink.put(boost::asio::buffer(stored.data(), stored.size()), error);
    framing.http_1_0 = sink.http_1_0;
    // The counts name the fault better than Beast's own refusal of some of these.
    if (auto problem = check_fields(sink.fields, framing.http_1_0);
        problem && (!error || sink.fields.hosts > 0)) {
        return problem;
    }
    if (error) return bad_request("the head is no HTTP/1.1: " + error.message());
    if (!sink.is_header_done()) return bad_request("the head is incomplete");
    if (!split_target(head)) return bad_request("the request target is no path with sound percent-escapes");
    split_query(head);

    framing.keep_alive = sink.keep_alive();
    framing.chunked = sink.chunked();
    framing.content_length = sink.content_length().value_or(0);
    if (sink.content_length()) head.content_length = framing.content_length;
    framing.expects_continue = equal_ignoring_case(sink.fields.expect, "100-continue") && !framing.http_1_0;
    if (!sink.fields.expect.empty() && !framing.expects_continue && !framing.http_1_0) {
        return Problem{.status = 417, .detail = "the only expectation understood is 100-continue"};
    }
    return std::nullopt;
}

RequestParser::Progress RequestParser::read_chunks(std::string_view bytes, Buffer& body,
                                                   std::size_t body_bytes_max) {
    TILLSTREAM_ASSERT(impl_->sink.has_value());
    RequestSink& sink = *impl_->sink;
    sink.body = &body;
    sink.body_bytes_max = body_bytes_max;
    Progress progress;
    while (!sink.is_done() && progress.consumed < bytes.size()) {
        error_code error;
        const std::string_view rest = bytes.substr(progress.consumed);
        progress.consumed += sink.put(boost::asio::buffer(rest.data(), rest.size()), error);
        if (sink.over_limit) {
            progress.problem =
                Problem{.status = 413,
                        .detail = "the body is larger than " + std::to_string(body_bytes_max) + " bytes"};
            return progress;
        }
        if (error == http::error::need_more) break;
        if (error) {
            progress.problem = bad_request("the chunked body is malformed: " + error.message());
            return progress;
        }
    }
    progress.done = sink.is_done();
    return progress;
}

namespace {

class ResponseSink final : public http::basic_parser<false> {
public:
    int status = 0;
    std::string* body = nullptr;
    std::vector<std::pair<std::string, std::string>>* headers = nullptr;
    std::size_t body_bytes_max = 0;

private:
    void on_request_impl(http::verb, boost::beast::string_view, boost::beast::string_view, int,
                         error_code&) override {}
    void on_response_impl(int code, boost::beast::string_view, int, error_code&) override { status = code; }
    void on_field_impl(http::field, boost::beast::string_view name, boost::beast::string_view value,
                       error_code&) override {
        if (headers != nullptr) headers->emplace_back(plain(name), plain(value));
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override {
        if (!length) return;
        if (*length > body_bytes_max) {
            ec = http::error::body_limit;
            return;
        }
        body->reserve(static_cast<std::size_t>(*length));
    }
    std::size_t store_body(boost::beast::string_view bytes, error_code& ec) {
        if (bytes.size() > body_bytes_max - body->size()) {
            ec = http::error::body_limit;
            return 0;
        }
        body->append(bytes.data(), bytes.size());
        return bytes.size();
    }
    std::size_t on_body_impl(boost::beast::string_view bytes, error_code& ec) override {
        return store_body(bytes, ec);
    }
    void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view bytes, error_code& ec) override {
        return store_body(bytes, ec);
    }
    void on_finish_impl(error_code&) override {}
};

}  // namespace

struct ResponseParser::Impl {
    std::optional<ResponseSink> sink;
    bool answers_head = false;
    std::size_t body_bytes_max = 0;
    std::string* body = nullptr;
    std::vector<std::pair<std::string, std::string>>* headers = nullptr;

    void restart() {
        sink.emplace();
        sink->body_limit(boost::none);
        sink->skip(answers_head);
        sink->eager(true);
        sink->body = body;
        sink->headers = headers;
        sink->body_bytes_max = body_bytes_max;
        body->clear();
        if (headers != nullptr) headers->clear();
    }
    bool interim() const { return sink->is_done() && sink->status < 200; }
};

ResponseParser::ResponseParser() : impl_(std::make_unique<Impl>()) {}
ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
ResponseParser& ResponseParser::operator=(ResponseParser&&) noexcept = default;

void ResponseParser::begin(bool answers_head, std::size_t body_bytes_max, std::string* body,
                           std::vector<std::pair<std::string, std::string>>* headers) {
    impl_->answers_head = answers_head;
    impl_->body_bytes_max = body_bytes_max;
    impl_->body = body;
    impl_->headers = headers;
    impl_->restart();
}

Result<ResponseParser::Progress> ResponseParser::read(std::string_view bytes) {
    Progress progress;
    while (progress.consumed < bytes.size()) {
        error_code error;
        const std::string_view rest = bytes.substr(progress.consumed);
        progress.consumed += impl_->sink->put(boost::asio::buffer(rest.data(), rest.size()), error);
        if (error == http::error::need_more) break;
        if (error == http::error::body_limit) {
            return failure(Errc::resource_exhausted,
                           "the answer is larger than " + std::to_string(impl_->body_bytes_max) + " bytes");
        }
        if (error) return failure(Errc::io, "the answer is no HTTP: " + error.message());
        if (impl_->interim()) {
            impl_->restart();
            continue;
        }
        if (impl_->sink->is_done()) break;
    }
    progress.done = impl_->sink->is_done();
    return progress;
}

Status ResponseParser::finish() {
    if (!impl_->sink->got_some())
        return failure(Errc::io, "the server closed the connection without an answer");
    error_code error;
    impl_->sink->put_eof(error);
    if (error) return failure(Errc::io, "the server closed the connection within an answer");
    return {};
}

int ResponseParser::status() const { return impl_->sink->status; }
bool ResponseParser::keep_alive() const { return impl_->sink->keep_alive(); }

}  // namespace tillstream::internal
