// record_poster.h - the way from a sender to a server: one request after the other over one connection.
//
// Twins:    HttpPoster (http_poster.h) over the network; fakes in tests.
// Threads:  one at a time; each connection of a sender has its own.
// Source:   FACES "Ingest".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace tillstream {

struct RecordBatch {
    std::string_view body;
    std::string_view content_type;
    /// The request's own name, the same whenever it is repeated; empty: none.
    std::string_view idempotency_key = {};
};

/// What the server said. The counts are of a 200 only.
struct PostAnswer {
    int status = 0;
    std::uint64_t accepted = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t duplicates = 0;
    std::optional<std::chrono::milliseconds> retry_after = {};  ///< of a 429 or 503
    bool outcome_unknown = false;                               ///< of a 503: it may have been stored
    std::string detail = {};                                    ///< of a problem, for people
};

class RecordPoster {
public:
    virtual ~RecordPoster() = default;
    /// unavailable and timeout: the request did not leave and may be sent again. Any other error: it may
    /// have been stored.
    virtual Result<PostAnswer> post(const RecordBatch& batch) = 0;
};

/// Called once for each connection, on the thread that will use it.
using PosterFactory = std::function<Result<std::unique_ptr<RecordPoster>>()>;

}  // namespace tillstream
