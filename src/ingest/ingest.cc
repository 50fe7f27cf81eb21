#include "ingest/ingest.h"

#include "ingest/internal/stream.h"

namespace tillstream {

namespace {

IngestRefusal refuse(IngestRefusal::Kind kind, std::string detail) {
    IngestRefusal refusal;
    refusal.kind = kind;
    refusal.detail = std::move(detail);
    return refusal;
}

IngestRefusal refuse(const BodyError& error) {
    const bool large = error.code == FieldErrorCode::size;
    IngestRefusal refusal =
        refuse(large ? IngestRefusal::Kind::too_large : IngestRefusal::Kind::malformed, error.detail);
    refusal.code = error.code;
    return refusal;
}

/// Only a failed write leaves it open whether the records are there.
IngestRefusal refuse(const Error& error) {
    switch (error.code) {
        case Errc::resource_exhausted:
        case Errc::unavailable: return refuse(IngestRefusal::Kind::overloaded, error.message);
        case Errc::invalid_argument:
            return refuse(IngestRefusal::Kind::too_large, error.message + "; send fewer records at a time");
        default: return refuse(IngestRefusal::Kind::outcome_unknown, error.message);
    }
}

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
                                             Metrics& metrics) {
    std::unique_ptr<Ingest> ingest(new Ingest(log, limits, std::move(admission)));
    for (const ContractPtr& contract : contracts.all()) {
        const std::uint32_t known = shards_of(log, contract->name);
        auto sources = TILLSTREAM_TRY(log.register_stream(contract->name, known != 0 ? known : shards));
        ingest->streams_.emplace(contract->name,
                                 std::make_unique<Stream>(contract, std::move(sources), limits, metrics));
    }
    return ingest;
}

Ingest::Ingest(EventLog& log, IngestLimits limits, Admission admission)
    : log_(log), limits_(limits), admission_(std::move(admission)) {}

Ingest::~Ingest() = default;

void Ingest::submit(std::string_view stream, IngestBody body, IngestDone done, const Charge& charge) {
    const auto found = streams_.find(stream);
    if (found == streams_.end()) {
        return done(refuse(IngestRefusal::Kind::unknown_stream, "no stream named " + std::string(stream)));
    }
    if (auto overload = admission_()) return done(std::move(*overload));
    Stream& target = *found->second;
    auto text = plain_text(std::move(body), limits_.body_bytes);
    if (!text) {
        const bool large = text.error().code == Errc::resource_exhausted;
        return done(refuse(large ? IngestRefusal::Kind::too_large : IngestRefusal::Kind::malformed,
                           text.error().message));
    }
    const std::uint64_t bytes = (*text)->size();
    auto decoded = target.decode(body.format, *text);
    if (!decoded) return done(refuse(decoded.error()));
    if (charge) {
        if (auto over = charge((*decoded)->rows(), bytes)) return done(std::move(*over));
    }
    append(target, std::move(*decoded), std::move(done));
}

void Ingest::append(Stream& stream, RowBatchPtr rows, IngestDone done) {
    if (rows->rows() == 0) return done(receipt_of(std::move(rows), {}, {}, {}));
    Partitioned dealt = stream.deal_out(rows);
    std::size_t bytes = 0;
    std::vector<ShardId> shard_of_part;
    for (const LogBatch& batch : dealt.batches) {
        bytes += batch.records->values.size();
        shard_of_part.push_back(stream.shard_of(batch.source));
    }
    if (const std::size_t most = log_.capabilities().max_request_bytes; bytes > most) {
        return done(refuse(IngestRefusal::Kind::too_large,
                           "the records take " + std::to_string(bytes) + " bytes as stored, more than the " +
                               std::to_string(most) + " one request may; send fewer at a time"));
    }
    std::vector<LogBatch> batches = std::move(dealt.batches);
    dealt.batches.clear();
    log_.append(std::move(batches), [&stream, rows = std::move(rows), dealt = std::move(dealt),
                                     shard_of_part = std::move(shard_of_part),
                                     done = std::move(done)](Result<Appended> appended) mutable {
        if (!appended) return done(refuse(appended.error()));
        stream.count(*rows);
        done(receipt_of(std::move(rows), std::move(dealt), std::move(shard_of_part), std::move(*appended)));
    });
}

}  // namespace tillstream
