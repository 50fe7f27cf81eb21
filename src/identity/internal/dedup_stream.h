// dedup_stream.h - the ids of one stream that are not in runs yet, and the decision which records are copies.
//
// Decision:  under the stream's lock, record by record in request order, over (1) what the runs said, (2) the
//            table that is being sealed, (3) the table in use, with the request's own claims. See
//            deduplicator.h for why that is the log's order.
// Threads:   any.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "identity/deduplicator.h"
#include "identity/internal/claim_table.h"
#include "identity/internal/run_store.h"

namespace tillstream {

class DedupStream {
public:
    DedupStream(std::string name, const SipHashKey& folder_key);

    const std::string& name() const { return name_; }

    struct Decision {
        std::shared_ptr<identity::ClaimTable> table;
        identity::Pending* claims = nullptr;
        std::vector<std::uint32_t> copies;
        bool no_room = false;  ///< nothing is claimed: there are too many ids that no run holds yet
        /// Set: nothing is claimed, these claims have to be settled first.
        std::shared_ptr<identity::ClaimTable> waiting_in;
        const identity::Pending* waits_for = nullptr;
    };
    std::vector<identity::IdHash> hashes_of(std::span<const RecordId> records) const;
    /// `kinds`: what the runs know of each record's id. `runs` are asked again only about rejected bytes.
    Decision decide(std::span<const RecordId> records, std::span<const identity::IdHash> hashes,
                    std::span<const unsigned> kinds, identity::RunStore& store, const identity::RunSet& runs,
                    identity::Hour now);

    /// A record that is in the log: its claim, durable since `hour`.
    void replay(std::string_view event_id, std::string_view content, bool accepted, std::uint32_t request);
    std::uint32_t replayed_request(identity::Hour hour);

    /// Ids in the table in use.
    std::size_t fresh_ids() const;
    std::size_t memory_bytes() const;
    /// The table in use is to be sealed; a new one for as many ids, but no more than expected_most, takes its
    /// place, made without the lock: that takes milliseconds. The one set aside before stays if it is still
    /// there. One thread at a time.
    void set_aside(std::size_t expected_most);
    /// Whether all requests of the table set aside are settled.
    bool is_settled() const;
    void collect(std::vector<identity::IdHash>& into) const;
    /// It is in the runs now.
    void drop_set_aside();

private:
    struct Place {
        unsigned kinds = 0;
        std::shared_ptr<identity::ClaimTable> waiting_in;
        const identity::Pending* waits_for = nullptr;
    };
    void prefetch(const identity::IdHash& hash) const;
    bool claim_unknown(const identity::IdHash& hash, std::uint32_t request);
    Place look(const identity::IdHash& hash, const identity::Pending* own) const;
    identity::IdHash bytes_hash(const identity::IdHash& id, std::string_view content) const;

    const std::string name_;
    SipHashKey id_key_;
    SipHashKey bytes_key_;
    mutable std::mutex mutex_;
    std::shared_ptr<identity::ClaimTable> fresh_ = std::make_shared<identity::ClaimTable>();
    std::shared_ptr<identity::ClaimTable> set_aside_;
    identity::ClaimTable::Room spare_;  ///< of the one before
};

}  // namespace tillstream
