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
};

/// By Content-Type (none means JSON) and Content-Encoding.
std::variant<BodyKind, UnsupportedBody> body_kind(const RequestHead& head);

}  // namespace tillstream::http_door
