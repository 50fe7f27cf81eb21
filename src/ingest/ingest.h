// ingest.h - the one way in: a request's bytes become judged records in the log.
//
// Way:      decompress -> to UTF-8 -> split and decode under the contract -> deal out to shards -> append.
//           The verdict given here is stored with the record and never given again.
// Order:    `done` runs after the records are on stable storage and readable; until then nothing is
//           acknowledged.
// Atomic:   a request's records are stored all together or not at all.
// Threads:  submit from any thread; it decodes on the caller's. `done` runs once: on the caller's thread for
//           a refusal or an empty request, else on the log's commit thread, where it must be quick.
// Limits:   IngestLimits; what is over them is refused before anything is stored.
// Source:   FACES "Ingest".
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "catalog/contract_store.h"
#include "codec/charset.h"
#include "codec/compression.h"
#include "contract/row_decoder.h"
#include "core/metrics.h"
#include "formats/body_decoder.h"
#include "ingest/partition.h"
#include "ports/event_log.h"

namespace tillstream {

struct IngestBody {
    BodyFormat format = BodyFormat::json;
    Charset charset = Charset::utf8;
    Encoding encoding = Encoding::identity;
    Buffer bytes;
};

struct IngestLimits {
    std::size_t body_bytes = 16 << 20;  ///< also after decompression
    std::size_t record_bytes = 1 << 20;
    int depth = 32;
};

/// What became of a request whose records were split and stored.
struct IngestReceipt {
    RowBatchPtr rows;                    ///< in request order
    Partitioned dealt;                   ///< without its batches: the log has them
    std::vector<ShardId> shard_of_part;  ///< of each batch that was dealt
    std::vector<Offset> bases;           ///< of each batch that was dealt, given out by the log
    std::uint32_t accepted = 0;
    std::uint32_t quarantined = 0;
    std::uint32_t duplicates = 0;
    Position position;

    /// Where a row went. Worked out when asked: the commit thread has no time to fill lists.
    ShardId shard(std::size_t row) const { return shard_of_part[dealt.part_of[row]]; }
    Offset offset(std::size_t row) const {
        return Offset{bases[dealt.part_of[row]].value + dealt.place_in[row]};
    }
};

/// Why nothing of a request was stored.
struct IngestRefusal {
    enum class Kind : std::uint8_t {
        unknown_stream,
        malformed,  ///< does not split into records; `code` and `at` say where
        too_large,
        overloaded,       ///< try again after retry_after_seconds
        over_quota,       ///< of the sender; the same
        outcome_unknown,  ///< the log failed while writing: the records may be there
    };
    Kind kind = Kind::malformed;
    std::string detail;
    FieldErrorCode code = FieldErrorCode::syntax;
    int retry_after_seconds = 1;
};

using IngestOutcome = std::variant<IngestReceipt, IngestRefusal>;
using IngestDone = std::function<void(IngestOutcome)>;

/// Asked before each request is decoded: a refusal's detail and seconds, or nothing.
using Admission = std::function<std::optional<IngestRefusal>()>;

/// Asked once a request is decoded, with its records and the bytes of its plain text, before anything is
/// stored; on the thread of submit, which does not outlast it.
using Charge = std::function<std::optional<IngestRefusal>(std::uint64_t records, std::uint64_t bytes)>;

class Ingest {
public:
    /// Registers a stream for every dataset of the store: a new one gets `shards` shards, a known one keeps
    /// its own.
    static Result<std::unique_ptr<Ingest>> open(EventLog& log, const ContractStore& contracts,
                                                std::uint32_t shards, IngestLimits limits,
                                                Admission admission, Metrics& metrics);
    ~Ingest();

    void submit(std::string_view stream, IngestBody body, IngestDone done, const Charge& charge = {});

    bool knows(std::string_view stream) const { return streams_.find(stream) != streams_.end(); }
    const IngestLimits& limits() const { return limits_; }

private:
    class Stream;
    void append(Stream& stream, RowBatchPtr rows, IngestDone done);
    Ingest(EventLog& log, IngestLimits limits, Admission admission);

    EventLog& log_;
    IngestLimits limits_;
    Admission admission_;
    std::map<std::string, std::unique_ptr<Stream>, std::less<>> streams_;
};

}  // namespace tillstream
