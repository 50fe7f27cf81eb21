#include "identity/internal/claim_table.h"

#include <algorithm>
#include <bit>
#include <span>

#include "core/assert.h"

namespace tillstream::identity {

namespace {

constexpr std::size_t kSlotsMin = 1024;

std::size_t slots_for(std::size_t ids) { return std::max(std::bit_ceil(ids + ids / 2 + 1), kSlotsMin); }

/// Of what is nearly in order: each entry moves by a few places.
void sort_nearly_sorted(std::span<IdHash> entries) {
    for (std::size_t i = 1; i < entries.size(); ++i) {
        const IdHash entry = entries[i];
        std::size_t at = i;
        for (; at > 0 && entry < entries[at - 1]; --at) entries[at] = entries[at - 1];
        entries[at] = entry;
    }
}

}  // namespace

bool Pending::settle(ClaimState state, Hour hour) {
    hour_.store(hour, std::memory_order_relaxed);
    state_.store(state);
    return table_.running_.fetch_sub(1) == 1;
}

ClaimTable::ClaimTable(std::size_t expected, Slots used) {
    const std::size_t count = slots_for(expected);
    if (used.size() != count) used = Slots(count);
    use(std::move(used));
}

bool ClaimTable::fits(std::size_t expected) const { return slots_.size() == slots_for(expected); }

void ClaimTable::use(Slots slots) {
    slots_ = std::move(slots);
    std::fill(slots_.begin(), slots_.end(), Slot{{}, kEmpty});
    shift_ = 64 - std::countr_zero(slots_.size());
}

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
    const Slots old = std::move(slots_);
    use(Slots(old.size() * 2));
    for (const Slot& slot : old)
        if (slot.request != kEmpty) place(slot);
}

void ClaimTable::place(const Slot& slot) {
    std::size_t i = home(slot.hash);
    while (slots_[i].request != kEmpty) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = slot;
}

void ClaimTable::collect(std::vector<IdHash>& into) const {
    const std::size_t before = into.size();
    into.reserve(before + used_);
    // Entries that found the end of the table full lie at its beginning, but are the last in order.
    const auto is_wrapped = [&](std::size_t i) { return home(slots_[i].hash) > i; };
    std::size_t i = 0;
    std::vector<const Slot*> wrapped;
    for (; slots_[i].request != kEmpty; ++i) {
        if (is_wrapped(i))
            wrapped.push_back(&slots_[i]);
        else
            take(slots_[i], into);
    }
    for (; i < slots_.size(); ++i) take(slots_[i], into);
    for (const Slot* slot : wrapped) take(*slot, into);
    sort_nearly_sorted(std::span(into).subspan(before));
}

void ClaimTable::take(const Slot& slot, std::vector<IdHash>& into) const {
    if (slot.request == kEmpty) return;
    const Pending& claimer = requests_[slot.request];
    if (claimer.state() == ClaimState::durable)
        into.push_back(slot.hash.with(slot.hash.kind(), claimer.hour()));
}

}  // namespace tillstream::identity
