// problem.h - errors as application/problem+json (RFC 9457), the same for net and everything above it.
//
// Body:    {"type","title","status","detail","request_id","errors":[...]}
// Types:   "/problems/<slug>". Those net produces itself, which others may use too:
//          400 bad-request            401 unauthenticated     403 forbidden         404 not-found
//          405 method-not-allowed     408 too-slow            409 conflict          413 body-too-large
//          415 unsupported-media-type 417 expectation-failed  422 unprocessable     429 too-many-requests
//          431 head-too-large         500 internal            501 not-implemented   503 overloaded
//          any other status: "error".
// Source:  FACES "Conventions".
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace tillstream {

struct Problem {
    int status = 500;
    std::string detail;            ///< what was wrong and the way out, lower-case, no final dot
    std::string slug = {};         ///< empty: the status' own, see above
    std::string title = {};        ///< empty: the status' reason phrase
    std::string errors = "[]";     ///< a JSON array, taken as it is
    int retry_after_seconds = 1;   ///< sent with 429 and 503 only
};

/// The slug a status has without a more special one.
std::string_view problem_slug(int status);

HttpResponse problem_response(const Problem& problem, std::string_view request_id);

}  // namespace tillstream
