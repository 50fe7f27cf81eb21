// content.h - what a request says its body is.
#pragma once

#include <string>
#include <variant>

#include "ingest/ingest.h"
#include "net/http.h"

namespace tillstream::http_door {

struct BodyKind {
    BodyFormat format = BodyFormat::json;
    Charset charset = Charset::utf8;
    Encoding encoding = Encoding::identity;
};

/// Why a body cannot be taken: the header's name, what it may be and what it is.
struct UnsupportedBody {
    std::string header;
    std::string expected;
    std::string found;
    bool repeated = false;  ///< the header is there several times: not unsupported, but malformed
};

/// By Content-Type (none means JSON) and Content-Encoding. Neither of them, nor an Idempotency-Key, may be
/// there more than once, even with equal values: which one counts would be a guess, and a proxy may guess
/// otherwise.
std::variant<BodyKind, UnsupportedBody> body_kind(const RequestHead& head);

}  // namespace tillstream::http_door
