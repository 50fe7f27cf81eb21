// dedup_stream.h - the ids of one stream that are not in runs yet, in stripes by their hashes.
//
// Stripes:   each with a lock of its own, so that a thread that loses its core while it decides holds up few
//            others. A request goes through its stripes in rising order: of two that have ids in common, one
//            comes first in the first stripe they share, and the other waits for it; nobody waits in a
//            circle. See deduplicator.h for why what they decide is the log's order.
// Threads:   any.
#pragma once

#include <array>
#include <atomic>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "identity/internal/dedup_stripe.h"

namespace tillstream {

class DedupStream {
public:
    /// `fresh_ids` is the count of all streams; below 0 while some are set aside before they are added.
    DedupStream(std::string name, const SipHashKey& folder_key, std::atomic<std::ptrdiff_t>& fresh_ids);

    const std::string& name() const { return name_; }

    std::vector<identity::IdHash> hashes_of(std::span<const RecordId> records) const;
    /// `kinds`: what `runs` know of each record's id.
    identity::Decision decide(std::span<const RecordId> records, std::span<const identity::IdHash> hashes,
                              std::span<const unsigned> kinds, identity::RunStore& store,
                              const identity::RunSet& runs, identity::Hour now);

    /// Records that are in the log: their claims, durable since `hour`.
    void replay(std::span<const RecordId> records, identity::Hour hour);

    std::size_t memory_bytes() const;

    /// As DedupStripe's, for all of them.
    void set_aside(std::size_t expected_most);
    bool is_settled() const;
    void collect(std::vector<identity::IdHash>& into) const;
    void drop_set_aside();

private:
    /// The numbers of a request's records, stripe by stripe, within one as they came.
    class Order;

    const std::string name_;
    SipHashKey id_key_;
    SipHashKey bytes_key_;
    std::array<identity::DedupStripe, identity::kStripes> stripes_;
    std::atomic<std::ptrdiff_t>& fresh_ids_;  ///< in the tables in use, or requests where those are more
};

}  // namespace tillstream
