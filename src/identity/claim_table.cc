#include "identity/internal/claim_table.h"

#include <algorithm>
#include <bit>
#include <span>

#include "core/assert.h"

namespace tillstream::identity {

namespace {

constexpr std::size_t kSlotsMin = 64;
/// Slots ahead whose entries are fetched while others are collected.
constexpr std::size_t kPrefetched = 24;

std::size_t slots_for(std::size_t ids) { return std::max(std::bit_ceil(ids + ids / 2 + 1), kSlotsMin); }
std::size_t ids_in(std::size_t slots) { return slots / 3 * 2; }

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

ClaimTable::ClaimTable(std::size_t expected, Room used) { use(std::move(used), slots_for(expected)); }

bool ClaimTable::fits(std::size_t expected) const { return room_.slots.size() == slots_for(expected); }

void ClaimTable::use(Room room, std::size_t slots) {
    if (room.slots.size() != slots) room = {};
    room_ = std::move(room);
    room_.slots.assign(slots, 0);
    room_.entries.clear();
    room_.entries.reserve(ids_in(slots));
    shift_ = 64 - std::countr_zero(slots);
}

std::uint32_t ClaimTable::add_request() {
    running_.fetch_add(1);
    requests_.emplace_back(*this);
    return static_cast<std::uint32_t>(requests_.size() - 1);
}

ClaimTable::Found ClaimTable::find(const IdHash& hash, const Pending* own) const {
    Found found;
    for (found.slot = home(hash); room_.slots[found.slot] != 0; found.slot = next(found.slot)) {
        const std::uint32_t slot = room_.slots[found.slot];
        if ((slot & kTag) != tag_of(hash)) continue;
        const Entry& entry = entry_of(slot);
        if (!entry.hash.same(hash)) continue;
        found.met = true;
        const Pending& claimer = requests_[entry.request];
        const ClaimState state = claimer.state();
        if (state == ClaimState::durable || &claimer == own)
            found.kinds |= bit_of(entry.hash.kind());
        else if (state == ClaimState::pending)
            found.waits_for = &claimer;
    }
    return found;
}

void ClaimTable::insert(const IdHash& hash, Kind kind, std::uint32_t request) {
    const IdHash tagged = hash.with(kind);
    for (std::size_t i = home(hash); room_.slots[i] != 0; i = next(i)) {
        const std::uint32_t slot = room_.slots[i];
        if ((slot & kTag) != tag_of(hash) || entry_of(slot).hash != tagged) continue;
        std::uint32_t& claimer = entry_of(slot).request;
        const Pending& before = requests_[claimer];
        const Pending& now = requests_[request];
        // One that is durable already comes from the log, where the same may come again later.
        const bool later = now.state() == ClaimState::durable && now.hour() > before.hour();
        if (before.state() == ClaimState::taken_back || later) claimer = request;
        return;
    }
    if (is_full()) grow();
    room_.entries.push_back({tagged, request});
    place(room_.entries.size() - 1);
}

void ClaimTable::insert(const IdHash& hash, Kind kind, std::uint32_t request, const Found& not_met) {
    TILLSTREAM_ASSERT(!not_met.met);
    if (is_full()) return insert(hash, kind, request);
    room_.entries.push_back({hash.with(kind), request});
    fill(not_met.slot, room_.entries.size() - 1);
}

bool ClaimTable::is_full() const { return room_.entries.size() == ids_in(room_.slots.size()); }

void ClaimTable::grow() {
    const std::vector<Entry> old = std::move(room_.entries);
    use({}, room_.slots.size() * 2);
    for (const Entry& entry : old) {
        room_.entries.push_back(entry);
        place(room_.entries.size() - 1);
    }
}

void ClaimTable::place(std::size_t entry) {
    std::size_t i = home(room_.entries[entry].hash);
    while (room_.slots[i] != 0) i = next(i);
    fill(i, entry);
}

void ClaimTable::fill(std::size_t slot, std::size_t entry) {
    TILLSTREAM_ASSERT(entry < kIdsMax);
    room_.slots[slot] = static_cast<std::uint32_t>(entry + 1) << kTagBits | tag_of(room_.entries[entry].hash);
}

void ClaimTable::collect(std::vector<IdHash>& into) const {
    const std::size_t before = into.size();
    into.reserve(before + room_.entries.size());
    const std::vector<std::uint32_t> slots = used_slots();
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (i + kPrefetched < slots.size()) __builtin_prefetch(&entry_of(slots[i + kPrefetched]));
        take(slots[i], into);
    }
    sort_nearly_sorted(std::span(into).subspan(before));
}

/// Nearly in the order of their homes.
std::vector<std::uint32_t> ClaimTable::used_slots() const {
    const auto& slots = room_.slots;
    std::vector<std::uint32_t> used(room_.entries.size() + 1);
    std::size_t count = 0;
    // What found the end of the table full lies at its beginning, but is the last in order.
    std::vector<std::uint32_t> wrapped;
    std::size_t i = 0;
    for (; slots[i] != 0; ++i) {
        if (home(entry_of(slots[i]).hash) > i)
            wrapped.push_back(slots[i]);
        else
            used[count++] = slots[i];
    }
    // No branch for each: which of them are empty cannot be guessed.
    for (; i < slots.size(); ++i) {
        used[count] = slots[i];
        count += slots[i] != 0;
    }
    used.resize(count);
    used.insert(used.end(), wrapped.begin(), wrapped.end());
    return used;
}

void ClaimTable::take(std::uint32_t slot, std::vector<IdHash>& into) const {
    const Entry& entry = entry_of(slot);
    const Pending& claimer = requests_[entry.request];
    if (claimer.state() == ClaimState::durable)
        into.push_back(entry.hash.with(entry.hash.kind(), claimer.hour()));
}

}  // namespace tillstream::identity
