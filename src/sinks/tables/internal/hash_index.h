// hash_index.h - numbers of things by their hash, for things kept elsewhere; emptied and filled again without
// allocating.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tillstream::tables {

class HashIndex {
public:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    void clear() {
        slots_.assign(slots_.size() > kKeptSlots ? kLeastSlots : slots_.size(), {});
        count_ = 0;
    }
    /// The number of the thing `same(number)` recognises, or kNone after noting `fresh` for it.
    template <class Same>
    std::uint32_t find_or_add(std::size_t hash, std::uint32_t fresh, Same&& same) {
        if (2 * (count_ + 1) > slots_.size()) grow();
        const auto tag = static_cast<std::uint32_t>(mixed(hash) >> 32);
        for (std::size_t at = tag & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
            Slot& slot = slots_[at];
            if (slot.number == kNone) {
                slot = {tag, fresh};
                ++count_;
                return kNone;
            }
            if (slot.tag == tag && same(slot.number)) return slot.number;
        }
    }

private:
    static constexpr std::size_t kLeastSlots = 1024;
    static constexpr std::size_t kKeptSlots = std::size_t{1} << 16;
    struct Slot {
        std::uint32_t tag = 0;
        std::uint32_t number = kNone;
    };

    /// Hashes of integers are the integers themselves.
    static std::uint64_t mixed(std::size_t hash) { return hash * 0x9e3779b97f4a7c15ull; }

    void grow() {
        std::vector<Slot> old(slots_.size() < kLeastSlots ? kLeastSlots : slots_.size() * 2);
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.number == kNone) continue;
            std::size_t at = slot.tag & (slots_.size() - 1);
            while (slots_[at].number != kNone) at = (at + 1) & (slots_.size() - 1);
            slots_[at] = slot;
        }
    }

    std::vector<Slot> slots_;
    std::size_t count_ = 0;
};

}  // namespace tillstream::tables
