#include "ingest/ingest.h"

#include "ingest/internal/refusals.h"
#include "ingest/internal/stream.h"

namespace tillstream {

IngestRefusal refuse(const BodyError& error) {
    const bool large = error.code == FieldErrorCode::size;
    IngestRefusal refusal =
        refuse(large ? IngestRefusal::Kind::too_large : IngestRefusal::Kind::malformed, error.detail);
    refusal.code = error.code;
    return refusal;
}

IngestRefusal refuse(const Error& error) {
    switch (error.code) {
        case Errc::resource_exhausted:
        case Errc::unavailable: return refuse(IngestRefusal::Kind::overloaded, error.message);
        case Errc::invalid_argument:
            return refuse(IngestRefusal::Kind::too_large, error.message + "; send fewer records at a time");
        default: return refuse(IngestRefusal::Kind::outcome_unknown, error.message);
    }
}

IngestRefusal refuse_text(const Error& error) {
    const bool large = error.code == Errc::resource_exhausted;
    return refuse(large ? IngestRefusal::Kind::too_large : IngestRefusal::Kind::malformed, error.message);
}

namespace {

/// Runs on the commit thread: moves, no work per row.
IngestReceipt receipt_of(RowBatchPtr rows, Partitioned dealt, std::vector<ShardId> shard_of_part,
                         Appended appended) {
    IngestReceipt receipt;
    receipt.rows = std::move(rows);
    receipt.quarantined = receipt.rows->rejected();
    receipt.accepted = receipt.rows->rows() - receipt.quarantined;
    receipt.dealt = std::move(dealt);
    receipt.shard_of_part = std::move(shard_of_part);
    receipt.bases = std::move(appended.bases);
    receipt.position = std::move(appended.position);
    return receipt;
}

/// How many a stream was registered with; 0 for a new one.
std::uint32_t shards_of(const EventLog& log, std::string_view stream) {
    std::uint32_t count = 0;
    for (const SourceInfo& source : log.sources()) count += source.stream == stream ? 1 : 0;
    return count;
}

}  // namespace

Result<std::unique_ptr<Ingest>> Ingest::open(EventLog& log, const ContractStore& contracts,
                                             std::uint32_t shards, IngestLimits limits, Admission admission,
                                             Metrics& metrics, Deduplicator* deduplicator) {
    std::unique_ptr<Ingest> ingest(new Ingest(log, contracts, limits, std::move(admission), deduplicator));
    for (const ContractPtr& contract : contracts.all()) {
        const std::uint32_t known = shards_of(log, contract->name);
        auto sources = TILLSTREAM_TRY(log.register_stream(contract->name, known != 0 ? known : shards));
        auto stream = std::make_unique<Stream>(contract, std::move(sources), limits,
                                               log.capabilities().max_request_bytes, metrics);
        if (deduplicator != nullptr) stream->honour_ids(deduplicator->stream(contract->name));
        ingest->streams_.emplace(contract->name, std::move(stream));
    }
    return ingest;
}

Ingest::Ingest(EventLog& log, const ContractStore& contracts, IngestLimits limits, Admission admission,
               Deduplicator* deduplicator)
    : log_(log),
      contracts_(contracts),
      deduplicator_(deduplicator),
      limits_(limits),
      admission_(std::move(admission)) {}

Ingest::~Ingest() = default;

void Ingest::submit(std::string_view stream, IngestBody body, IngestDone done, const Charge& charge) {
    const auto found = streams_.find(stream);
    if (found == streams_.end()) {
        return done(refuse(IngestRefusal::Kind::unknown_stream, "no stream named " + std::string(stream)));
    }
    if (auto overload = admission_()) return done(std::move(*overload));
    Stream& target = *found->second;
    std::optional<KeyedRequest> keyed;
    if (body.key && target.ids() != nullptr && !begin_key(target, body, done, keyed)) return;
    const BodyFormat format = body.format;
    auto text = plain_text(std::move(body), limits_.body_bytes);
    if (!text) return done(refuse_text(text.error()));
    const std::uint64_t bytes = (*text)->size();
    auto decoded = target.decode(format, *text);
    if (!decoded) return done(refuse(decoded.error()));
    if (charge) {
        if (auto over = charge((*decoded)->rows(), bytes)) return done(std::move(*over));
    }
    const bool has_ids = target.ids() != nullptr && (*decoded)->has_event_ids();
    if (keyed || has_ids) [[unlikely]]
        return submit_once(target, std::move(*decoded), std::move(keyed), std::move(done));
    append(target, std::move(*decoded), std::move(done));
}

std::optional<IngestRefusal> Ingest::too_large(const std::vector<LogBatch>& batches) const {
    std::size_t bytes = 0;
    for (const LogBatch& batch : batches) bytes += batch.records->values.size();
    const std::size_t most = log_.capabilities().max_request_bytes;
    if (bytes <= most) return std::nullopt;
    return refuse(IngestRefusal::Kind::too_large,
                  "the records take " + std::to_string(bytes) + " bytes as stored, more than the " +
                      std::to_string(most) + " one request may; send fewer at a time");
}

void Ingest::append(Stream& stream, RowBatchPtr rows, IngestDone done) {
    if (rows->rows() == 0) return done(receipt_of(std::move(rows), {}, {}, {}));
    Partitioned dealt = stream.deal_out(rows);
    std::vector<ShardId> shard_of_part = stream.shards_of(dealt.batches);
    if (auto refusal = too_large(dealt.batches)) return done(*std::move(refusal));
    std::vector<LogBatch> batches = std::move(dealt.batches);
    dealt.batches.clear();
    log_.append(std::move(batches), [&stream, rows = std::move(rows), dealt = std::move(dealt),
                                     shard_of_part = std::move(shard_of_part),
                                     done = std::move(done)](Result<Appended> appended) mutable {
        if (!appended) return done(refuse(appended.error()));
        IngestReceipt receipt =
            receipt_of(std::move(rows), std::move(dealt), std::move(shard_of_part), std::move(*appended));
        stream.count(receipt.accepted, receipt.quarantined);
        done(std::move(receipt));
    });
}

}  // namespace tillstream
