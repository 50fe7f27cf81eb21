#include "contract/internal/field_map.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "contract/row_decoder.h"

namespace tillstream {

std::uint32_t FieldMap::hash(std::string_view key) {
    std::uint64_t head = 0, tail = 0;
    const std::size_t take = std::min<std::size_t>(key.size(), 8);
    if (take != 0) {
        std::memcpy(&head, key.data(), take);
        std::memcpy(&tail, key.data() + key.size() - take, take);
    }
    std::uint64_t mixed = (head ^ std::rotl(tail, 29) ^ key.size()) * 0x9E3779B97F4A7C15U;
    return static_cast<std::uint32_t>(mixed >> 32);
}

FieldMap::FieldMap(const Contract& contract) {
    for (std::size_t i = 0; i < contract.columns.size(); ++i) {
        const Column& column = contract.columns[i];
        names_.push_back({column.name, static_cast<int>(i)});
        for (const std::string& alias : column.aliases) names_.push_back({alias, static_cast<int>(i)});
    }
    if (contract.event_id) names_.push_back({"event_id", HeaderBinding::kEventId});
    const std::size_t slots = std::bit_ceil(names_.size() * 4);
    mask_ = static_cast<std::uint32_t>(slots - 1);
    slots_.assign(slots, kNone);
    for (std::uint32_t name = 0; name < names_.size(); ++name) {
        std::uint32_t at = hash(names_[name].text) & mask_;
        while (slots_[at] != kNone) at = (at + 1) & mask_;
        slots_[at] = name;
    }
}

}  // namespace tillstream
