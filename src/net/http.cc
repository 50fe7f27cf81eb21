#include "net/http.h"

#include "core/assert.h"
#include "net/internal/message_parser.h"

namespace tillstream {

namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool is_unreserved(char c) {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string_view to_string(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::del: return "DELETE";
        case Method::options: return "OPTIONS";
        case Method::other: return "OTHER";
    }
    return "OTHER";
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 100: return "Continue";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        default: return "Unknown";
    }
}

std::size_t internal::percent_decode_into(std::string_view text, bool plus_is_blank, char* into) {
    char* out = into;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            *out++ = plus_is_blank && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (i + 2 >= text.size()) return kBadEscape;
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0 || high + low == 0) return kBadEscape;
        *out++ = static_cast<char>(high * 16 + low);
        i += 2;
    }
    return static_cast<std::size_t>(out - into);
}

std::string_view internal::store_decoded(Buffer& storage, std::string_view text, bool plus_is_blank) {
    if (text.find('%') == text.npos && !(plus_is_blank && text.find('+') != text.npos)) return text;
    TILLSTREAM_ASSERT(storage.size() + text.size() <= storage.capacity());
    char* at = storage.data() + storage.size();
    const std::size_t size = percent_decode_into(text, plus_is_blank, at);
    TILLSTREAM_ASSERT(size != kBadEscape);
    storage.resize(storage.size() + size);
    return {at, size};
}

std::string_view internal::store(Buffer& storage, std::string_view text) {
    TILLSTREAM_ASSERT(storage.size() + text.size() <= storage.capacity());
    char* at = storage.extend(text.size());
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
    std::string decoded(text.size(), '\0');
    const std::size_t size = internal::percent_decode_into(text, plus_is_blank, decoded.data());
    if (size == internal::kBadEscape) return std::nullopt;
    decoded.resize(size);
    return decoded;
}

std::string percent_encode(std::string_view text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += kHex[byte >> 4];
        encoded += kHex[byte & 15];
    }
    return encoded;
}

Result<HttpRequest> make_request(Method method, std::string_view target,
                                 const std::vector<std::pair<std::string, std::string>>& headers,
                                 std::string_view body) {
    std::string text(to_string(method));
    text.append(" ").append(target).append(" HTTP/1.1\r\n");
    bool host = false;
    for (const auto& [name, value] : headers) {
        text.append(name).append(": ").append(value).append("\r\n");
        host = host || equal_ignoring_case(name, "host");
    }
    if (!host) text += "Host: localhost\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n";

    HttpRequest request;
    internal::RequestParser parser;
    internal::Framing framing;
    if (auto problem = parser.parse_head(text, request, framing)) {
        return failure(Errc::invalid_argument, std::move(problem->detail));
    }
    request.peer = "127.0.0.1";
    request.request_id = "made-request";
    request.body.append(body);
    return request;
}

}  // namespace tillstream
