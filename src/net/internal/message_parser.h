// message_parser.h - Beast's parsers behind plain types, made stricter.
//
// Place:    the only unit of net that includes Beast is message_parser.cc.
// Rule:     Beast 1.81 accepts folded headers, equal repeated Content-Length, any Transfer-Encoding and a
//           missing Host; all of it is refused here, because a proxy in front may read such a message in
//           another way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "net/client.h"
#include "net/http.h"
#include "net/problem.h"

namespace tillstream::internal {

inline constexpr std::size_t kBadEscape = static_cast<std::size_t>(-1);
/// `into` has room for text.size() bytes; the size decoded, or kBadEscape.
std::size_t percent_decode_into(std::string_view text, bool plus_is_blank, char* into);
/// The text itself if nothing is to be decoded, else decoded at the end of `storage`, which has room and does
/// not move. The escapes must be sound.
std::string_view store_decoded(Buffer& storage, std::string_view text, bool plus_is_blank);
std::string_view store(Buffer& storage, std::string_view text);

/// Looks for the end of a head without reading a byte twice.
class HeadScanner {
public:
    enum class State : std::uint8_t { more, complete, bad };
    struct Outcome {
        State state = State::more;
        std::size_t size = 0;         ///< complete: bytes of the head, its empty line included
        std::string_view detail = {};  ///< bad: why
    };
    /// `bytes` begins at the request line and only grows between calls.
    Outcome scan(std::string_view bytes);
    void reset() { at_ = line_ = 0; }

private:
    std::size_t at_ = 0;    ///< scanned up to here
    std::size_t line_ = 0;  ///< where the current line begins
};

/// How the end of a request is known.
struct Framing {
    bool keep_alive = false;
    bool http_1_0 = false;
    bool chunked = false;
    bool expects_continue = false;
    std::uint64_t content_length = 0;

    bool has_body() const { return chunked || content_length != 0; }
};

/// Reusable for one message after the other; not thread-safe.
class RequestParser {
public:
    RequestParser();
    ~RequestParser();

    /// `block` is a whole head as HeadScanner found it. Fills all of `head` but params, peer, request_id and
    /// encrypted; storage has room for a decoded path, a peer address and a request id more. A problem
    /// refuses the request.
    std::optional<Problem> parse_head(std::string_view block, RequestHead& head, Framing& framing);

    struct Progress {
        std::size_t consumed = 0;
        bool done = false;
        std::optional<Problem> problem = std::nullopt;
    };
    /// Reads on in a chunked body after parse_head. Trailers are checked and dropped.
    Progress read_chunks(std::string_view bytes, Buffer& body, std::size_t body_bytes_max);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Room that parse_head leaves in storage for a peer address and a request id.
inline constexpr std::size_t kPeerBytesMax = 64;
inline constexpr std::size_t kRequestIdBytesMax = 128;

/// Reads one answer after the other; interim answers (1xx) are skipped.
class ResponseParser {
public:
    ResponseParser();
    ~ResponseParser();
    ResponseParser(ResponseParser&&) noexcept;
    ResponseParser& operator=(ResponseParser&&) noexcept;

    /// The body goes to `body`, headers to `headers` unless null; both must live until done.
    void begin(bool answers_head, std::size_t body_bytes_max, std::string* body,
               std::vector<std::pair<std::string, std::string>>* headers);
    struct Progress {
        std::size_t consumed = 0;
        bool done = false;
    };
    /// io for what is no HTTP, resource_exhausted for a body over the limit.
    Result<Progress> read(std::string_view bytes);
    /// The peer closed: ends a body without length, else io.
    Status finish();
    int status() const;
    bool keep_alive() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tillstream::internal
