#include "identity/internal/claim_table.h"

#include "core/assert.h"

namespace tillstream::identity {

namespace {

constexpr std::size_t kFirstSlots = 1024;

}  // namespace

bool Pending::settle(ClaimState state, Hour hour) {
    hour_.store(hour, std::memory_order_relaxed);
    state_.store(state);
    return table_.running_.fetch_sub(1) == 1;
}

ClaimTable::ClaimTable() : slots_(kFirstSlots, Slot{{}, kEmpty}) {}

std::uint32_t ClaimTable::add_request() {
    running_.fetch_add(1);
    requests_.emplace_back(*this);
    TILLSTREAM_ASSERT(requests_.size() < kEmpty);
    return static_cast<std::uint32_t>(requests_.size() - 1);
}

ClaimTable::Found ClaimTable::find(const IdHash& hash, const Pending* own) const {
    Found found;
    for (std::size_t i = home(hash); slots_[i].request != kEmpty; i = (i + 1) & (slots_.size() - 1)) {
        if (!slots_[i].hash.same(hash)) continue;
        const Pending& claimer = requests_[slots_[i].request];
        const ClaimState state = claimer.state();
        if (state == ClaimState::durable || &claimer == own)
            found.kinds |= bit_of(slots_[i].hash.kind());
        else if (state == ClaimState::pending)
            found.waits_for = &claimer;
    }
    return found;
}

void ClaimTable::insert(const IdHash& hash, Kind kind, std::uint32_t request) {
    const IdHash tagged = hash.with(kind);
    std::size_t i = home(hash);
    for (; slots_[i].request != kEmpty; i = (i + 1) & (slots_.size() - 1)) {
        if (slots_[i].hash != tagged) continue;
        if (requests_[slots_[i].request].state() == ClaimState::taken_back) slots_[i].request = request;
        return;
    }
    slots_[i] = {tagged, request};
    if (++used_ * 3 > slots_.size() * 2) grow();
}

void ClaimTable::grow() {
    std::vector<Slot> old(slots_.size() * 2, Slot{{}, kEmpty});
    old.swap(slots_);
    for (const Slot& slot : old)
        if (slot.request != kEmpty) place(slot);
}

void ClaimTable::place(const Slot& slot) {
    std::size_t i = home(slot.hash);
    while (slots_[i].request != kEmpty) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = slot;
}

void ClaimTable::collect(std::vector<IdHash>& into) const {
    into.reserve(into.size() + used_);
    for (const Slot& slot : slots_) {
        if (slot.request == kEmpty) continue;
        const Pending& claimer = requests_[slot.request];
        if (claimer.state() == ClaimState::durable)
            into.push_back(slot.hash.with(slot.hash.kind(), claimer.hour()));
    }
}

}  // namespace tillstream::identity
