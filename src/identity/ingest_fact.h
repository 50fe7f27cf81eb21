// ingest_fact.h - the control record of a request that held copies, or an idempotency key.
//
// Form:    {"type":"ingest","stream","duplicates"}, with a key also {"key","body","contract","rows",
//          "record_bytes","depth","form","skipped","seen","parts"} in the stream "system".
// Place:   the last batch of the append that holds the request's records, so that both become durable or
//          neither. Read by verify (duplicates) and by the index of keys.
// Answer:  a retry's answer is derived: its body, which is the same, is decoded again under `contract` and
//          those limits; `skipped` says which records were copies, the log which offsets the others got.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/event_log.h"

namespace tillstream {

/// What the answer to a request with a key is derived from.
struct KeyedRequest {
    std::string key;   ///< 32 hex digits, see request_key
    std::string body;  ///< 32 hex digits, see body_digest
    std::string contract;
    std::uint32_t rows = 0;
    std::uint64_t record_bytes = 0;  ///< limits in force when it was judged
    std::uint32_t depth = 0;
    std::uint32_t form = 0;  ///< of the answer, the door's own number
    /// Lengths of runs in request order: records stored, copies, records stored, ...
    std::vector<std::uint64_t> skipped;
    /// Where the stream's shards stood: the records that the copies are copies of lie before.
    Position seen;
    std::uint32_t parts = 0;    ///< batches of records before this one in the same append
    std::vector<Offset> bases;  ///< of each part; known once the log has given them out
    friend bool operator==(const KeyedRequest&, const KeyedRequest&) = default;
};

struct IngestFact {
    std::string stream;
    std::uint64_t duplicates = 0;
    std::optional<KeyedRequest> keyed;
    friend bool operator==(const IngestFact&, const IngestFact&) = default;
};

/// One line of JSON without its end.
std::string encode_ingest_fact(const IngestFact& fact);
/// Nothing for control records of another type. `record` needs no padding.
std::optional<IngestFact> parse_ingest_fact(std::string_view record);
/// Ready to append.
LogBatch ingest_fact_batch(SourceId system_source, const IngestFact& fact);

/// Identity of an idempotency key: caller (a token's id, may be empty), stream and the key itself.
std::string request_key(std::string_view caller, std::string_view stream, std::string_view key);
/// Identity of a body as it was sent; `kind` tells format, charset and encoding.
std::string body_digest(std::string_view kind, std::string_view body);

}  // namespace tillstream
