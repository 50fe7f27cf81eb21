#include "identity/internal/dedup_stream.h"

#include <algorithm>
#include <utility>

namespace tillstream {

using identity::bit_of;
using identity::ClaimState;
using identity::ClaimTable;
using identity::Hour;
using identity::IdHash;
using identity::Kind;
using identity::Pending;

namespace {

/// How many records ahead.
constexpr std::size_t kPrefetched = 16;

}  // namespace

DedupStream::DedupStream(std::string name, const SipHashKey& folder_key) : name_(std::move(name)) {
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

IdHash DedupStream::bytes_hash(const IdHash& id, std::string_view content) const {
    const std::string_view name(reinterpret_cast<const char*>(&id), sizeof id);
    return identity::hash_from(siphash128(bytes_key_, name, content));
}

DedupStream::Place DedupStream::look(const IdHash& hash, const Pending* own) const {
    Place place;
    for (const std::shared_ptr<ClaimTable>* table : {&set_aside_, &fresh_}) {
        if (!*table) continue;
        const ClaimTable::Found found = (*table)->find(hash, own);
        place.kinds |= found.kinds;
        if (found.waits_for == nullptr) continue;
        place.waiting_in = *table;
        place.waits_for = found.waits_for;
    }
    return place;
}

void DedupStream::prefetch(const IdHash& hash) const {
    fresh_->prefetch(hash);
    if (set_aside_) set_aside_->prefetch(hash);
}

/// The way of nearly every record. False, and nothing is claimed, if any table has met the id.
bool DedupStream::claim_unknown(const IdHash& hash, std::uint32_t request) {
    if (set_aside_ && set_aside_->find(hash, nullptr).met) return false;
    const ClaimTable::Found found = fresh_->find(hash, nullptr);
    if (found.met) return false;
    fresh_->insert(hash, Kind::accepted, request, found);
    return true;
}

DedupStream::Decision DedupStream::decide(std::span<const RecordId> records, std::span<const IdHash> hashes,
                                          std::span<const unsigned> kinds, identity::RunStore& store,
                                          const identity::RunSet& runs, Hour now) {
    const std::lock_guard lock(mutex_);
    Decision decision;
    // A rejected record takes two places.
    decision.no_room = !fresh_->has_room(2 * records.size());
    if (decision.no_room) return decision;
    decision.table = fresh_;
    const std::uint32_t request = fresh_->add_request();
    decision.claims = &fresh_->request(request);
    for (std::size_t i = 0; i < std::min(records.size(), kPrefetched); ++i) prefetch(hashes[i]);
    for (std::uint32_t i = 0; i < records.size(); ++i) {
        if (i + kPrefetched < records.size()) prefetch(hashes[i + kPrefetched]);
        const RecordId& record = records[i];
        if (record.accepted && kinds[i] == 0 && claim_unknown(hashes[i], request)) continue;
        Place id = look(hashes[i], decision.claims);
        id.kinds |= kinds[i];
        bool copy = (id.kinds & bit_of(Kind::accepted)) != 0;
        IdHash bytes;
        const bool met_rejected = (id.kinds & bit_of(Kind::rejected)) != 0;
        if (!copy && !id.waits_for && (!record.accepted || met_rejected))
            bytes = bytes_hash(hashes[i], record.content);
        if (!copy && !id.waits_for && met_rejected) {
            Place same = look(bytes, decision.claims);
            store.look_up(runs, {&bytes, 1}, now, &same.kinds);
            copy = same.kinds != 0;
            id.waiting_in = std::move(same.waiting_in);
            id.waits_for = same.waits_for;
        }
        if (!copy && id.waits_for) {
            decision.claims->settle(ClaimState::taken_back, now);
            decision.waiting_in = std::move(id.waiting_in);
            decision.waits_for = id.waits_for;
            return decision;
        }
        if (copy) {
            decision.copies.push_back(i);
            continue;
        }
        fresh_->insert(hashes[i], record.accepted ? Kind::accepted : Kind::rejected, request);
        if (!record.accepted) fresh_->insert(bytes, Kind::rejected, request);
    }
    return decision;
}

std::uint32_t DedupStream::replayed_request(Hour hour) {
    const std::lock_guard lock(mutex_);
    const std::uint32_t request = fresh_->add_request();
    fresh_->request(request).settle(ClaimState::durable, hour);
    return request;
}

void DedupStream::replay(std::string_view event_id, std::string_view content, bool accepted,
                         std::uint32_t request) {
    const std::lock_guard lock(mutex_);
    const IdHash id = identity::hash_from(siphash128(id_key_, event_id));
    fresh_->insert(id, accepted ? Kind::accepted : Kind::rejected, request);
    if (!accepted) fresh_->insert(bytes_hash(id, content), Kind::rejected, request);
}

std::size_t DedupStream::fresh_ids() const {
    const std::lock_guard lock(mutex_);
    return fresh_->size();
}

std::size_t DedupStream::memory_bytes() const {
    const std::lock_guard lock(mutex_);
    return fresh_->memory_bytes() + (set_aside_ ? set_aside_->memory_bytes() : 0) + spare_.bytes();
}

void DedupStream::set_aside(std::size_t expected_most) {
    std::unique_lock lock(mutex_);
    if (set_aside_ || (fresh_->size() == 0 && fresh_->fits(0))) return;
    const std::size_t expected = std::min(fresh_->size(), expected_most);
    ClaimTable::Room used = std::exchange(spare_, {});
    lock.unlock();
    auto next = std::make_shared<ClaimTable>(expected, std::move(used));
    lock.lock();
    next.swap(fresh_);
    if (next->size() > 0) set_aside_ = std::move(next);
}

bool DedupStream::is_settled() const {
    const std::lock_guard lock(mutex_);
    return !set_aside_ || set_aside_->running() == 0;
}

/// Nothing is added to a table set aside: it is walked without the lock.
void DedupStream::collect(std::vector<IdHash>& into) const {
    std::unique_lock lock(mutex_);
    const std::shared_ptr<const ClaimTable> table = set_aside_;
    lock.unlock();
    if (table) table->collect(into);
}

/// Requests that are not answered yet may hold the table, but look at their own claims only.
void DedupStream::drop_set_aside() {
    std::unique_lock lock(mutex_);
    const std::shared_ptr<ClaimTable> sealed = std::move(set_aside_);
    if (sealed && sealed->memory_bytes() <= fresh_->memory_bytes()) spare_ = sealed->take_room();
    lock.unlock();  // what there is to free is freed after it
}

}  // namespace tillstream
