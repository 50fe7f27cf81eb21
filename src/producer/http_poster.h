// http_poster.h - posts record batches to POST /v1/streams/{stream}/records of a Tillstream server.
//
// Threads:  one at a time.
// Errors:   as RecordPoster; open: invalid_argument for a bad URL.
// Source:   FACES "Ingest", "Doors".
#pragma once

#include <string>

#include "net/client.h"
#include "producer/record_poster.h"

namespace tillstream {

struct HttpTarget {
    std::string url;  ///< "http://host:port"
    std::string stream = "sales";
    std::string token = {};  ///< empty: none
    ClientOptions client = {};
};

class HttpPoster final : public RecordPoster {
public:
    static Result<std::unique_ptr<RecordPoster>> open(const HttpTarget& target);
    Result<PostAnswer> post(const RecordBatch& batch) override;

private:
    HttpPoster(HttpClient client, const HttpTarget& target);

    HttpClient client_;
    ClientRequest request_;
    std::size_t fixed_headers_ = 0;
};

/// A connection of its own for each call. `target` is copied.
PosterFactory http_posters(HttpTarget target);

/// Reads an answer of the ingest door: the counts of a 200, else the detail of a problem (or the body's
///                                     start).
PostAnswer read_answer(int status, std::string_view body, std::optional<std::string_view> retry_after);

}  // namespace tillstream
