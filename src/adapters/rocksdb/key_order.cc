#include "adapters/rocksdb/internal/key_order.h"

#include <algorithm>
#include <numeric>

#include "adapters/rocksdb/internal/keys.h"

namespace tillstream::rocks {

namespace {

/// A commit that was large once does not stay in memory.
constexpr std::size_t kKeptBytes = 8 << 20;

}  // namespace

std::span<const std::uint32_t> KeyOrder::by_key(std::span<const TableWrite> writes) {
    if (keys_.capacity() > kKeptBytes) *this = {};
    keys_.clear();
    ends_.clear();
    for (const TableWrite& write : writes) {
        append_item_key(keys_, write.key);
        ends_.push_back(keys_.size());
    }
    order_.resize(writes.size());
    std::iota(order_.begin(), order_.end(), std::uint32_t{0});
    const auto before = [this](std::uint32_t a, std::uint32_t b) {
        const int order = key(a).compare(key(b));
        return order != 0 ? order < 0 : a < b;
    };
    std::sort(order_.begin(), order_.end(), before);
    return order_;
}

}  // namespace tillstream::rocks
