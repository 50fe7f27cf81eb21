#include "identity/internal/dedup_stream.h"

#include <algorithm>
#include <utility>

namespace tillstream {

using identity::ClaimState;
using identity::Decision;
using identity::DedupStripe;
using identity::Hour;
using identity::IdHash;
using identity::kStripes;
using identity::Question;

class DedupStream::Order {
public:
    explicit Order(std::span<const IdHash> hashes) : numbers_(hashes.size()) {
        for (const IdHash& hash : hashes) ++ends_[hash.stripe()];
        std::uint32_t end = 0;
        for (std::uint32_t& count : ends_) end += std::exchange(count, end);
        // Now each has where it begins; putting them there moves it to where it ends.
        for (std::uint32_t i = 0; i < hashes.size(); ++i) numbers_[ends_[hashes[i].stripe()]++] = i;
    }
    std::span<const std::uint32_t> of(std::size_t stripe) const {
        const std::uint32_t begin = stripe == 0 ? 0 : ends_[stripe - 1];
        return std::span(numbers_).subspan(begin, ends_[stripe] - begin);
    }

private:
    std::array<std::uint32_t, kStripes> ends_{};
    std::vector<std::uint32_t> numbers_;
};

DedupStream::DedupStream(std::string name, const SipHashKey& folder_key,
                         std::atomic<std::ptrdiff_t>& fresh_ids)
    : name_(std::move(name)), fresh_ids_(fresh_ids) {
    id_key_ = siphash128(folder_key, "id:", name_);
    bytes_key_ = siphash128(folder_key, "bytes:", name_);
}

std::vector<IdHash> DedupStream::hashes_of(std::span<const RecordId> records) const {
    std::vector<IdHash> hashes;
    hashes.reserve(records.size());
    std::size_t i = 0;
    for (; i + 1 < records.size(); i += 2) {
        const auto two = siphash128_each(id_key_, records[i].event_id, records[i + 1].event_id);
        hashes.push_back(identity::hash_from(two[0]));
        hashes.push_back(identity::hash_from(two[1]));
    }
    if (i < records.size()) hashes.push_back(identity::hash_from(siphash128(id_key_, records[i].event_id)));
    return hashes;
}

Decision DedupStream::decide(std::span<const RecordId> records, std::span<const IdHash> hashes,
                             std::span<const unsigned> kinds, identity::RunStore& store,
                             const identity::RunSet& runs, Hour now) {
    const Question question{records, hashes, kinds, bytes_key_, store, runs, now};
    const Order order(hashes);
    Decision decision;
    std::ptrdiff_t added = 0;
    for (std::size_t i = 0; i < kStripes && !decision.ended(); ++i)
        if (const auto own = order.of(i); !own.empty()) added += stripes_[i].decide(question, own, decision);
    fresh_ids_ += added;
    if (decision.ended()) {
        decision.settle(ClaimState::taken_back, now);
        decision.parts.clear();
        decision.copies.clear();
    }
    std::sort(decision.copies.begin(), decision.copies.end());
    return decision;
}

void DedupStream::replay(std::span<const RecordId> records, Hour hour) {
    const std::vector<IdHash> hashes = hashes_of(records);
    const identity::Replayed replayed{records, hashes, bytes_key_, hour};
    const Order order(hashes);
    for (std::size_t i = 0; i < kStripes; ++i)
        if (const auto own = order.of(i); !own.empty()) fresh_ids_ += stripes_[i].replay(replayed, own);
}

std::size_t DedupStream::memory_bytes() const {
    std::size_t bytes = 0;
    for (const DedupStripe& stripe : stripes_) bytes += stripe.memory_bytes();
    return bytes;
}

void DedupStream::set_aside(std::size_t expected_most) {
    for (DedupStripe& stripe : stripes_) fresh_ids_ -= stripe.set_aside(expected_most / kStripes);
}

bool DedupStream::is_settled() const {
    return std::all_of(stripes_.begin(), stripes_.end(),
                       [](const auto& stripe) { return stripe.is_settled(); });
}

void DedupStream::collect(std::vector<IdHash>& into) const {
    for (const DedupStripe& stripe : stripes_) stripe.collect(into);
}

void DedupStream::drop_set_aside() {
    for (DedupStripe& stripe : stripes_) stripe.drop_set_aside();
}

}  // namespace tillstream
