// ingest.h - the one way in: a request's bytes become judged records in the log.
//
// Way:      decompress -> to UTF-8 -> split and decode under the contract -> leave out copies -> deal out to
//           shards -> append.
//           The verdict given here is stored with the record and never given again.
// Order:    `done` runs after the records are on stable storage and readable; until then nothing is
//           acknowledged.
// Atomic:   a request's records are stored all together or not at all, and with them the count of its copies
//           and what the answer to a retry under its key is derived from (identity/ingest_fact.h).
// Copies:   a request whose records have ids waits while copies of them are on their way in another one
//           (identity/deduplicator.h); it then goes on on a thread of the deduplicator.
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
#include "identity/deduplicator.h"
#include "ingest/partition.h"
#include "ports/event_log.h"

namespace tillstream {

struct IngestKey {
    static constexpr std::size_t kBytesMax = 255;
    std::string caller;      ///< whose key it is: a token's id, empty without tokens
    std::string key;         ///< from 1 to kBytesMax bytes
    std::uint32_t form = 0;  ///< how the door writes the answer: a retry gets it in the form of the first
};

struct IngestBody {
    BodyFormat format = BodyFormat::json;
    Charset charset = Charset::utf8;
    Encoding encoding = Encoding::identity;
    Buffer bytes;
    /// Under the same key and body the first answer is given again.
    std::optional<IngestKey> key = {};
};

struct IngestLimits {
    std::size_t body_bytes = 16 << 20;  ///< also after decompression
    std::size_t record_bytes = 1 << 20;
    int depth = 32;
    std::size_t records_per_body = 500'000;
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
    std::uint32_t form = 0;  ///< of the request that was answered first
    bool replayed = false;   ///< it was another one, under the same key

    /// A record that was stored before: it has no place of its own.
    bool is_copy(std::size_t row) const { return dealt.part_of[row] == Partitioned::kNoPart; }
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
        not_one,    ///< of records: the door takes one a request (its Charge says so)
        too_large,
        overloaded,       ///< try again after retry_after_seconds
        over_quota,       ///< of the sender; the same
        outcome_unknown,  ///< the log failed while writing: the records may be there
        bad_key,          ///< empty or too long
        key_in_use,       ///< another request under that key is not answered yet
        key_reused,       ///< that key was used with another body
    };
    Kind kind = Kind::malformed;
    std::string detail;
    std::string found = {};  ///< of a bad key, or not one record: what was there instead
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
    /// its own. Without `deduplicator` event ids and keys mean nothing. All outlive this object.
    static Result<std::unique_ptr<Ingest>> open(EventLog& log, const ContractStore& contracts,
                                                std::uint32_t shards, IngestLimits limits,
                                                Admission admission, Metrics& metrics,
                                                Deduplicator* deduplicator = nullptr);
    ~Ingest();

    void submit(std::string_view stream, IngestBody body, IngestDone done, const Charge& charge = {});

    bool knows(std::string_view stream) const { return streams_.find(stream) != streams_.end(); }
    const IngestLimits& limits() const { return limits_; }

private:
    class Stream;
    struct OnceOnly;
    void append(Stream& stream, RowBatchPtr rows, IngestDone done);
    std::optional<IngestRefusal> too_large(const std::vector<LogBatch>& batches) const;
    /// False: the request is answered. `keyed` is set otherwise, and `done` frees the key if it is refused.
    bool begin_key(Stream& stream, IngestBody& body, IngestDone& done, std::optional<KeyedRequest>& keyed);
    IngestOutcome answer_again(Stream& stream, const KeyedRequest& first, IngestBody body) const;
    void submit_once(Stream& stream, RowBatchPtr rows, std::optional<KeyedRequest> keyed, IngestDone done);
    void claim_and_append(const std::shared_ptr<OnceOnly>& request) noexcept;
    void append_new(const std::shared_ptr<OnceOnly>& request) noexcept;
    Ingest(EventLog& log, const ContractStore& contracts, IngestLimits limits, Admission admission,
           Deduplicator* deduplicator);

    EventLog& log_;
    const ContractStore& contracts_;
    Deduplicator* const deduplicator_;
    IngestLimits limits_;
    Admission admission_;
    std::map<std::string, std::unique_ptr<Stream>, std::less<>> streams_;
};

}  // namespace tillstream
