#include "sinks/tables/purchase_stamps.h"

#include <functional>

namespace tillstream {

namespace {

/// Hashes of integers are the integers themselves.
std::size_t mixed(std::size_t hash) { return (hash * 0x9e3779b97f4a7c15ull) >> 32; }

// One thread changes stamps: reading before writing loses nothing. Sequentially consistent, so that a reader
// who has seen any of the new rows finds no stamp, or a new one.
void begin(std::atomic<std::uint64_t>& slot) { slot.store(slot.load() | 1); }
/// A slot may be shared by several writes: the first of them ends its change.
void end(std::atomic<std::uint64_t>& slot) {
    const std::uint64_t value = slot.load();
    if ((value & 1) != 0) slot.store(value + 1);
}

}  // namespace

PurchaseStamps::PurchaseStamps() : slots_(std::make_unique<Slots>()) {}

std::atomic<std::uint64_t>& PurchaseStamps::slot(const TableKeyPart& partition) const {
    const std::size_t hash = std::visit(
        [](const auto& part) { return std::hash<std::decay_t<decltype(part)>>{}(part); }, partition);
    return (*slots_)[mixed(hash) % kSlots];
}

std::optional<PurchaseStamp> PurchaseStamps::of(const TableKeyPart& partition) const {
    const std::uint64_t value = slot(partition).load();
    if ((value & 1) != 0) return std::nullopt;
    return PurchaseStamp{value};
}

PurchaseStamps::Change::Change(PurchaseStamps& stamps, std::span<const TableWrite> writes)
    : stamps_(stamps), writes_(writes) {
    for (const TableWrite& write : writes_) begin(stamps_.slot(write.key.partition));
}

PurchaseStamps::Change::Change(PurchaseStamps& stamps) : stamps_(stamps), everything_(true) {
    for (auto& slot : *stamps_.slots_) begin(slot);
}

PurchaseStamps::Change::~Change() {
    if (everything_) {
        for (auto& slot : *stamps_.slots_) end(slot);
        return;
    }
    for (const TableWrite& write : writes_) end(stamps_.slot(write.key.partition));
}

}  // namespace tillstream
