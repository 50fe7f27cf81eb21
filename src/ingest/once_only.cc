// Requests that carry event ids or a key: what is a copy is left out, and a retry gets the first answer.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "ingest/internal/refusals.h"
#include "ingest/internal/stream.h"

namespace tillstream {

struct Ingest::OnceOnly {
    Stream& stream;
    RowBatchPtr rows;
    std::vector<RecordId> ids;           ///< of the records that carry one
    std::vector<std::uint32_t> id_rows;  ///< which rows those are
    std::optional<KeyedRequest> keyed;
    IngestDone done;
    std::optional<Claim> claim;
    std::vector<std::uint32_t> copies{};  ///< rows, rising
};

namespace {

/// The records' own part of the stream's end.
Position end_of(const EventLog& log, const std::vector<SourceInfo>& shards) {
    Position end;
    for (const SourceOffset& entry : log.durable_end()) {
        const bool own = std::any_of(shards.begin(), shards.end(),
                                     [&](const SourceInfo& shard) { return shard.id == entry.source; });
        if (own) end.push_back(entry);
    }
    return end;
}

/// Lengths of runs: stored, copies, stored, ...
std::vector<std::uint64_t> runs_of(const std::vector<std::uint32_t>& copies) {
    std::vector<std::uint64_t> runs;
    std::uint64_t at = 0;
    for (const std::uint32_t copy : copies) {
        if (runs.empty() || copy != at) {
            runs.push_back(copy - at);
            runs.push_back(0);
        }
        ++runs.back();
        at = copy + std::uint64_t{1};
    }
    return runs;
}

std::vector<std::uint32_t> copies_of(const std::vector<std::uint64_t>& runs, std::uint32_t rows) {
    std::vector<std::uint32_t> copies;
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const std::uint64_t end = std::min<std::uint64_t>(at + runs[i], rows);
        if (i % 2 == 1)
            for (std::uint64_t row = at; row < end; ++row) copies.push_back(static_cast<std::uint32_t>(row));
        at = end;
    }
    return copies;
}

/// Everything of a receipt that does not depend on the log.
IngestReceipt receipt_without_places(const RowBatchPtr& rows, const std::vector<std::uint32_t>& copies) {
    IngestReceipt receipt;
    receipt.rows = rows;
    receipt.duplicates = static_cast<std::uint32_t>(copies.size());
    const auto accepted_copies =
        std::count_if(copies.begin(), copies.end(), [&](std::uint32_t row) { return rows->accepted(row); });
    const auto good = static_cast<std::uint32_t>(accepted_copies);
    receipt.accepted = rows->rows() - rows->rejected() - good;
    receipt.quarantined = rows->rejected() - (receipt.duplicates - good);
    return receipt;
}

/// Own records first; of the shards that got none, where the records lie that copies were of.
void set_places(IngestReceipt& receipt, const std::vector<SourceId>& sources,
                const std::vector<std::uint32_t>& counts, std::vector<Offset> bases, const Position& seen) {
    receipt.bases = std::move(bases);
    receipt.position.clear();
    for (std::size_t i = 0; i < sources.size(); ++i)
        receipt.position.push_back({sources[i], Offset{receipt.bases[i].value + counts[i]}});
    for (const SourceOffset& entry : seen)
        if (std::find(sources.begin(), sources.end(), entry.source) == sources.end())
            receipt.position.push_back(entry);
}

/// A key under way: given back when its request is refused, or ends without an answer.
class HeldKey {
public:
    HeldKey(Deduplicator& deduplicator, std::string key)
        : deduplicator_(&deduplicator), key_(std::move(key)) {}
    HeldKey(const HeldKey&) = delete;
    HeldKey& operator=(const HeldKey&) = delete;
    ~HeldKey() { release(); }
    void release() {
        if (auto* from = std::exchange(deduplicator_, nullptr)) from->release_key(key_);
    }
    void keep() { deduplicator_ = nullptr; }

private:
    Deduplicator* deduplicator_;
    const std::string key_;
};

std::string kind_of(const IngestBody& body) {
    return fmt::format("{}.{}.{}", static_cast<int>(body.format), static_cast<int>(body.charset),
                       static_cast<int>(body.encoding));
}

}  // namespace

bool Ingest::begin_key(Stream& stream, IngestBody& body, IngestDone& done,
                       std::optional<KeyedRequest>& keyed) {
    const IngestKey& asked = *body.key;
    if (asked.key.empty() || asked.key.size() > IngestKey::kBytesMax) {
        IngestRefusal refusal =
            refuse(IngestRefusal::Kind::bad_key,
                   fmt::format("an Idempotency-Key has 1 to {} bytes", IngestKey::kBytesMax));
        refusal.found = fmt::format("{} bytes", asked.key.size());
        done(std::move(refusal));
        return false;
    }
    KeyedRequest fresh;
    fresh.key = request_key(asked.caller, stream.contract().name, asked.key);
    fresh.body = body_digest(kind_of(body), body.bytes.view());
    fresh.form = asked.form;
    const KeyAnswer known = deduplicator_->begin_key(fresh.key, fresh.body);
    switch (known.fate) {
        case KeyAnswer::Fate::running:
            done(refuse(IngestRefusal::Kind::key_in_use,
                        "a request with this Idempotency-Key is not answered yet; try again later"));
            return false;
        case KeyAnswer::Fate::other_body:
            done(refuse(IngestRefusal::Kind::key_reused,
                        "this Idempotency-Key was used with another body; a new request takes a new key"));
            return false;
        case KeyAnswer::Fate::answered:
            done(answer_again(stream, known.first, std::move(body)));
            return false;
        case KeyAnswer::Fate::overloaded:
            done(refuse(IngestRefusal::Kind::overloaded,
                        "Idempotency-Keys come faster than they can be kept; try again"));
            return false;
        case KeyAnswer::Fate::fresh: break;
    }
    done = [held = std::make_shared<HeldKey>(*deduplicator_, fresh.key),
            answer = std::move(done)](IngestOutcome outcome) {
        if (std::holds_alternative<IngestRefusal>(outcome))
            held->release();
        else
            held->keep();
        answer(std::move(outcome));
    };
    keyed = std::move(fresh);
    return true;
}

/// The same body, judged as it was, is the same answer; only what the log gave out comes from the index.
IngestOutcome Ingest::answer_again(Stream& stream, const KeyedRequest& first, IngestBody body) const {
    const auto lost = [](const std::string& why) {
        return refuse(IngestRefusal::Kind::overloaded,
                      "the first answer to this Idempotency-Key cannot be given again: " + why);
    };
    auto contract = contracts_.version(first.contract);
    if (!contract) return lost(contract.error().message);
    const BodyFormat format = body.format;
    auto text = plain_text(std::move(body), limits_.body_bytes);
    if (!text) return refuse_text(text.error());
    // How many records a body may hold was judged when it was answered first.
    const DecodeLimits limits{first.record_bytes, static_cast<int>(first.depth),
                              std::numeric_limits<std::size_t>::max()};
    auto rows = Stream::decode_as(std::move(*contract), limits, format, *text);
    if (!rows || (*rows)->rows() != first.rows) return lost("its records are judged in another way now");
    const std::vector<std::uint32_t> copies = copies_of(first.skipped, first.rows);
    IngestReceipt receipt = receipt_without_places(*rows, copies);
    receipt.dealt = stream.deal_out(*rows, copies);
    if (receipt.dealt.batches.size() != first.bases.size())
        return lost("its records are dealt out in another way");
    std::vector<SourceId> sources;
    std::vector<std::uint32_t> counts;
    for (const LogBatch& batch : receipt.dealt.batches) {
        sources.push_back(batch.source);
        counts.push_back(batch.count());
    }
    receipt.shard_of_part = stream.shards_of(receipt.dealt.batches);
    receipt.dealt.batches.clear();
    set_places(receipt, sources, counts, first.bases, first.seen);
    receipt.form = first.form;
    receipt.replayed = true;
    return receipt;
}

void Ingest::submit_once(Stream& stream, RowBatchPtr rows, std::optional<KeyedRequest> keyed,
                         IngestDone done) {
    auto request = std::make_shared<OnceOnly>(
        OnceOnly{stream, std::move(rows), {}, {}, std::move(keyed), std::move(done), std::nullopt, {}});
    const RowBatch& batch = *request->rows;
    if (batch.has_event_ids()) {
        request->ids.reserve(batch.rows());
        request->id_rows.reserve(batch.rows());
        for (std::uint32_t row = 0; row < batch.rows(); ++row) {
            if (batch.event_id(row).empty()) continue;
            request->ids.push_back({batch.event_id(row), batch.raw(row), batch.accepted(row)});
            request->id_rows.push_back(row);
        }
    }
    claim_and_append(request);
}

/// A claim that nobody settles would hold up its copies, and the sealing of ids, for ever. So an exception on
/// the way to the log ends the process (only an allocation that the system refuses throws one): the next one
/// reads from the log what is true.
void Ingest::claim_and_append(const std::shared_ptr<OnceOnly>& request) noexcept {
    const auto overloaded = [](const char* why) { return refuse(IngestRefusal::Kind::overloaded, why); };
    if (!request->ids.empty()) {
        Claim claim = deduplicator_->claim(*request->stream.ids(), request->ids);
        switch (claim.outcome()) {
            case Claim::Outcome::claimed: break;
            case Claim::Outcome::overloaded:
                return request->done(overloaded("event ids come faster than they can be kept; try again"));
            case Claim::Outcome::blocked:
                return deduplicator_->when_settled(claim, [this, request, overloaded](bool open) {
                    if (open) return claim_and_append(request);
                    request->done(overloaded("the server is stopping"));
                });
        }
        for (const std::uint32_t copy : claim.copies()) request->copies.push_back(request->id_rows[copy]);
        request->claim = std::move(claim);
        // By the thread that made them: what another frees does not come back to this one's cache.
        std::vector<RecordId>().swap(request->ids);
        std::vector<std::uint32_t>().swap(request->id_rows);
    }
    append_new(request);
}

/// Records, and behind them, in the same append, the count of copies and the key.
void Ingest::append_new(const std::shared_ptr<OnceOnly>& request) noexcept {
    Stream& stream = request->stream;
    auto receipt = std::make_shared<IngestReceipt>(receipt_without_places(request->rows, request->copies));
    receipt->dealt = stream.deal_out(request->rows, request->copies);
    std::vector<LogBatch> batches = std::move(receipt->dealt.batches);
    receipt->dealt.batches.clear();
    receipt->shard_of_part = stream.shards_of(batches);
    IngestFact fact{stream.contract().name, request->copies.size(), std::move(request->keyed)};
    const Position seen = request->copies.empty() ? Position{} : end_of(log_, stream.shards());
    std::vector<SourceId> sources;
    std::vector<std::uint32_t> counts;
    for (const LogBatch& batch : batches) {
        sources.push_back(batch.source);
        counts.push_back(batch.count());
    }
    if (fact.keyed) {
        fact.keyed->contract = stream.contract().id();
        fact.keyed->rows = request->rows->rows();
        fact.keyed->record_bytes = stream.limits().record_bytes;
        fact.keyed->depth = static_cast<std::uint32_t>(stream.limits().depth);
        fact.keyed->skipped = runs_of(request->copies);
        fact.keyed->seen = seen;
        fact.keyed->parts = static_cast<std::uint32_t>(batches.size());
        receipt->form = fact.keyed->form;
    }
    if (fact.keyed || fact.duplicates > 0)
        batches.push_back(ingest_fact_batch(deduplicator_->system_source(), fact));
    auto finish = [this, request, receipt, fact = std::move(fact), seen, sources = std::move(sources),
                   counts = std::move(counts)](Result<Appended> appended) mutable {
        if (request->claim)
            deduplicator_->settle(*request->claim,
                                  appended ? std::optional(appended->arrived) : std::nullopt);
        if (!appended) return request->done(refuse(appended.error()));
        appended->bases.resize(sources.size());
        if (fact.keyed) {
            fact.keyed->bases = appended->bases;
            deduplicator_->answer_key(fact, appended->arrived);
        }
        set_places(*receipt, sources, counts, std::move(appended->bases), seen);
        request->stream.count(receipt->accepted, receipt->quarantined);
        request->rows.reset();  // let go with the answer, not here
        request->done(std::move(*receipt));
    };
    if (auto refusal = too_large(batches)) {
        if (request->claim) deduplicator_->settle(*request->claim, std::nullopt);
        return request->done(*std::move(refusal));
    }
    log_.append(std::move(batches), std::move(finish));
}

}  // namespace tillstream
