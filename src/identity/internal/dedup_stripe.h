// dedup_stripe.h - a stream's ids of one part of the hashes that are not in runs yet; says what is a copy.
//
// Decision:  under the stripe's lock, record by record in request order, over (1) what the runs said, (2) the
//            table that is being sealed, (3) the table in use, with the request's own claims.
// Threads:   any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "identity/deduplicator.h"
#include "identity/internal/claim_table.h"
#include "identity/internal/run_store.h"

namespace tillstream::identity {

/// A request as all stripes are asked about it.
struct Question {
    std::span<const RecordId> records;
    std::span<const IdHash> hashes;   ///< of the records' ids
    std::span<const unsigned> kinds;  ///< what the runs know of each record's id
    const SipHashKey& bytes_key;
    RunStore& store;
    const RunSet& runs;  ///< asked again only about rejected bytes
    Hour now;
};

/// Records that are in the log.
struct Replayed {
    std::span<const RecordId> records;
    std::span<const IdHash> hashes;  ///< of the records' ids
    const SipHashKey& bytes_key;
    Hour hour;  ///< since when they are durable
};

/// One request's claims in one stripe.
struct Part {
    std::shared_ptr<ClaimTable> table;
    Pending* claims = nullptr;
};

struct Decision {
    std::vector<Part> parts;
    std::vector<std::uint32_t> copies;  ///< rising
    bool no_room = false;               ///< nothing is claimed: there are too many ids that no run holds yet
    /// Set: nothing is claimed, these claims have to be settled first.
    std::shared_ptr<ClaimTable> waiting_in;
    const Pending* waits_for = nullptr;

    bool ended() const { return no_room || waits_for != nullptr; }
    void settle(ClaimState state, Hour hour) const {
        for (const Part& part : parts) part.claims->settle(state, hour);
    }
};

class DedupStripe {
public:
    /// Of the records numbered `own`, whose ids are this stripe's. Adds to the decision. The number by which
    /// fresh ids grew.
    std::ptrdiff_t decide(const Question& question, std::span<const std::uint32_t> own, Decision& decision);
    /// The claims of those numbered `own`. The number by which fresh ids grew.
    std::ptrdiff_t replay(const Replayed& replayed, std::span<const std::uint32_t> own);

    std::size_t memory_bytes() const;
    /// The table in use is to be sealed; a new one for as many ids, but no more than expected_most, takes its
    /// place, made without the lock: that takes milliseconds. The one set aside before stays if it is still
    /// there. One thread at a time. The fresh ids that are so no longer.
    std::ptrdiff_t set_aside(std::size_t expected_most);
    /// Whether all requests of the table set aside are settled.
    bool is_settled() const;
    /// Appends them in order.
    void collect(std::vector<IdHash>& into) const;
    /// It is in the runs now.
    void drop_set_aside();

private:
    struct Place {
        unsigned kinds = 0;
        std::shared_ptr<ClaimTable> waiting_in;
        const Pending* waits_for = nullptr;
    };
    void prefetch(const IdHash& hash) const;
    void decide_one(const Question& question, std::uint32_t record, std::uint32_t request,
                    Decision& decision);
    bool claim_unknown(const IdHash& hash, std::uint32_t request);
    Place look(const IdHash& hash, const Pending* own) const;

    mutable std::mutex mutex_;
    std::shared_ptr<ClaimTable> fresh_ = std::make_shared<ClaimTable>();
    std::shared_ptr<ClaimTable> set_aside_;
    ClaimTable::Room spare_;  ///< of the one before
};

}  // namespace tillstream::identity
