// http.h - requests and answers of HTTP/1.1 as plain values.
//
// Place:      everything above net sees HTTP only through these types; no third-party header is needed for
//             them.
// Ownership:  a RequestHead owns one block of memory; all its views point into it and stay valid when it is
//             moved.
// Threads:    plain values, one thread at a time.
// Limits:     heads of at most ServerOptions::head_bytes_max, bodies of at most RouteOptions::body_bytes_max.
// Source:     FACES "Conventions" and "Start"; RFC 9110, RFC 9112.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace tillstream {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };

/// "GET"; Method::other is "OTHER".
std::string_view to_string(Method method);

/// ASCII only, as header names are compared.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// An ordered list of named texts. Lists are short (heads are bounded), so finding is a walk.
template <bool kIgnoreCase>
class NamedViews {
public:
    struct Entry {
        std::string_view name;
        std::string_view value;
    };

    /// The first of that name.
    std::optional<std::string_view> find(std::string_view name) const {
        for (const Entry& entry : entries_) {
            if (kIgnoreCase ? equal_ignoring_case(entry.name, name) : entry.name == name) return entry.value;
        }
        return std::nullopt;
    }
    auto begin() const { return entries_.begin(); }
    auto end() const { return entries_.end(); }
    std::size_t size() const { return entries_.size(); }
    bool empty() const { return entries_.empty(); }

    void add(std::string_view name, std::string_view value) { entries_.push_back({name, value}); }
    void reserve(std::size_t count) { entries_.reserve(count); }
    void clear() { entries_.clear(); }

private:
    std::vector<Entry> entries_;
};

using HeaderViews = NamedViews<true>;
using ParameterViews = NamedViews<false>;

inline constexpr std::size_t kPrincipalBytesMax = 64;

/// What is known of a request before its body is read.
struct RequestHead {
    Method method = Method::get;
    std::string_view method_text;  ///< as sent: tells what Method::other is
    std::string_view target;       ///< as sent (absolute form included)
    std::string_view path;         ///< as sent, still percent-encoded; begins with '/'
    std::string_view query_text;   ///< what follows '?', as sent; empty without one
    ParameterViews query;          ///< decoded ('+' is a blank), in the order sent, repeats included
    ParameterViews params;         ///< {name} parts of the route's pattern, decoded
    HeaderViews headers;           ///< values without surrounding blanks, in the order sent
    std::string_view peer;         ///< address of the other end, without port; of a proxy if there is one
    std::string_view request_id;   ///< the caller's X-Request-Id if sane, else made here
    std::optional<std::uint64_t> content_length;  ///< nothing: no body, or chunked
    bool encrypted = false;
    /// Whom the server's gate took the sender for; empty: nobody in particular. At most kPrincipalBytesMax.
    std::string_view principal;

    /// Backing memory of the views; written by net only.
    Buffer storage;
};

/// A request with its whole body, which has Buffer::kPadding readable bytes past its end.
struct HttpRequest : RequestHead {
    Buffer body;
};

/// A request without a socket, for calling a Handler directly (tests). invalid_argument if the server would
/// have refused it.
Result<HttpRequest> make_request(Method method, std::string_view target,
                                 const std::vector<std::pair<std::string, std::string>>& headers = {},
                                 std::string_view body = {});

struct HttpResponse {
    int status = 200;
    std::string body;
    /// Not sent if empty.
    std::string content_type = "application/json";
    /// Beside those net writes itself: Content-Type, Content-Length, Date, Connection, X-Request-Id.
    std::vector<std::pair<std::string, std::string>> headers;
};

/// "Not Found"; "Unknown" for a status without a registered name.
std::string_view reason_phrase(int status);

/// %XX decoded; '+' is a blank only if `plus_is_blank`. Nothing for a broken escape or a decoded NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank = false);
/// Everything but unreserved characters of RFC 3986 as %XX.
std::string percent_encode(std::string_view text);

}  // namespace tillstream
