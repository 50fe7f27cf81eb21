#include "identity/internal/dedup_stripe.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tillstream::identity {

namespace {

/// How many records ahead.
constexpr std::size_t kPrefetched = 16;

/// In the stripe of the id.
IdHash bytes_hash(const SipHashKey& key, const IdHash& id, std::string_view content) {
    const std::string_view name(reinterpret_cast<const char*>(&id), sizeof id);
    return hash_from(siphash128(key, name, content)).in_stripe_of(id);
}

}  // namespace

void DedupStripe::prefetch(const IdHash& hash) const {
    fresh_->prefetch(hash);
    if (set_aside_) set_aside_->prefetch(hash);
}

DedupStripe::Place DedupStripe::look(const IdHash& hash, const Pending* own) const {
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

/// The way of nearly every record. False, and nothing is claimed, if any table has met the id.
bool DedupStripe::claim_unknown(const IdHash& hash, std::uint32_t request) {
    if (set_aside_ && set_aside_->find(hash, nullptr).met) return false;
    const ClaimTable::Found found = fresh_->find(hash, nullptr);
    if (found.met) return false;
    fresh_->insert(hash, Kind::accepted, request, found);
    return true;
}

void DedupStripe::decide_one(const Question& question, std::uint32_t record, std::uint32_t request,
                             Decision& decision) {
    const IdHash& hash = question.hashes[record];
    const RecordId& asked = question.records[record];
    const Pending* own = decision.parts.back().claims;
    Place id = look(hash, own);
    id.kinds |= question.kinds[record];
    bool copy = (id.kinds & bit_of(Kind::accepted)) != 0;
    const bool met_rejected = (id.kinds & bit_of(Kind::rejected)) != 0;
    IdHash bytes;
    if (!copy && !id.waits_for && (!asked.accepted || met_rejected))
        bytes = bytes_hash(question.bytes_key, hash, asked.content);
    if (!copy && !id.waits_for && met_rejected) {
        Place same = look(bytes, own);
        question.store.look_up(question.runs, {&bytes, 1}, question.now, &same.kinds);
        copy = same.kinds != 0;
        id.waiting_in = std::move(same.waiting_in);
        id.waits_for = same.waits_for;
    }
    if (copy) {
        decision.copies.push_back(record);
    } else if (id.waits_for) {
        decision.waiting_in = std::move(id.waiting_in);
        decision.waits_for = id.waits_for;
    } else {
        fresh_->insert(hash, asked.accepted ? Kind::accepted : Kind::rejected, request);
        if (!asked.accepted) fresh_->insert(bytes, Kind::rejected, request);
    }
}

std::ptrdiff_t DedupStripe::decide(const Question& question, std::span<const std::uint32_t> own,
                                   Decision& decision) {
    const std::lock_guard lock(mutex_);
    // A rejected record takes two places.
    decision.no_room = !fresh_->has_room(2 * own.size());
    if (decision.no_room) return 0;
    const std::ptrdiff_t before = std::ssize(*fresh_);
    const std::uint32_t request = fresh_->add_request();
    decision.parts.push_back({fresh_, &fresh_->request(request)});
    const auto& hashes = question.hashes;
    for (std::size_t i = 0; i < std::min(own.size(), kPrefetched); ++i) prefetch(hashes[own[i]]);
    for (std::size_t i = 0; i < own.size() && !decision.ended(); ++i) {
        if (i + kPrefetched < own.size()) prefetch(hashes[own[i + kPrefetched]]);
        const std::uint32_t record = own[i];
        const bool unheard_of = question.kinds[record] == 0 && question.records[record].accepted;
        if (unheard_of && claim_unknown(hashes[record], request)) continue;
        decide_one(question, record, request, decision);
    }
    return std::ssize(*fresh_) - before;
}

std::ptrdiff_t DedupStripe::replay(const Replayed& replayed, std::span<const std::uint32_t> own) {
    const std::lock_guard lock(mutex_);
    const std::ptrdiff_t before = std::ssize(*fresh_);
    const std::uint32_t request = fresh_->add_request();
    fresh_->request(request).settle(ClaimState::durable, replayed.hour);
    for (const std::uint32_t record : own) {
        const IdHash& id = replayed.hashes[record];
        const RecordId& known = replayed.records[record];
        fresh_->insert(id, known.accepted ? Kind::accepted : Kind::rejected, request);
        if (known.accepted) continue;
        fresh_->insert(bytes_hash(replayed.bytes_key, id, known.content), Kind::rejected, request);
    }
    return std::ssize(*fresh_) - before;
}

std::size_t DedupStripe::memory_bytes() const {
    const std::lock_guard lock(mutex_);
    return fresh_->memory_bytes() + (set_aside_ ? set_aside_->memory_bytes() : 0) + spare_.bytes();
}

std::ptrdiff_t DedupStripe::set_aside(std::size_t expected_most) {
    std::unique_lock lock(mutex_);
    if (set_aside_ || (fresh_->size() == 0 && fresh_->fits(0))) return 0;
    const std::size_t expected = std::min(fresh_->size(), expected_most);
    ClaimTable::Room used = std::exchange(spare_, {});
    lock.unlock();
    auto next = std::make_shared<ClaimTable>(expected, std::move(used));
    lock.lock();
    next.swap(fresh_);
    const std::ptrdiff_t size = std::ssize(*next);
    if (size > 0) set_aside_ = std::move(next);
    return size;
}

bool DedupStripe::is_settled() const {
    const std::lock_guard lock(mutex_);
    return !set_aside_ || set_aside_->running() == 0;
}

/// Nothing is added to a table set aside: it is walked without the lock.
void DedupStripe::collect(std::vector<IdHash>& into) const {
    std::unique_lock lock(mutex_);
    const std::shared_ptr<const ClaimTable> table = set_aside_;
    lock.unlock();
    if (table) table->collect(into);
}

/// Requests that are not answered yet may hold the table, but look at their own claims only.
void DedupStripe::drop_set_aside() {
    std::unique_lock lock(mutex_);
    const std::shared_ptr<ClaimTable> sealed = std::move(set_aside_);
    if (sealed && sealed->memory_bytes() <= fresh_->memory_bytes()) spare_ = sealed->take_room();
    lock.unlock();  // what there is to free is freed after it
}

}  // namespace tillstream::identity
