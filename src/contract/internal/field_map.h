// field_map.h - from a key as received to the column it feeds: every name and alias of a contract.
//
// Cost:     one hash over at most 16 bytes and the length, one comparison; no allocation.
// Threads:  immutable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "contract/schema.h"

namespace tillstream {

class FieldMap {
public:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    /// `event_id` of the record is a name too, unless the contract switches it off.
    explicit FieldMap(const Contract& contract);

    /// Number of the name, or kNone.
    std::uint32_t find(std::string_view key) const {
        for (std::uint32_t at = hash(key) & mask_;; at = (at + 1) & mask_) {
            const std::uint32_t name = slots_[at];
            if (name == kNone || names_[name].text == key) return name;
        }
    }
    std::string_view text(std::uint32_t name) const { return names_[name].text; }
    /// A column, or HeaderBinding::kEventId.
    int target(std::uint32_t name) const { return names_[name].target; }

private:
    struct Name {
        std::string text;
        int target;
    };

    static std::uint32_t hash(std::string_view key);

    std::vector<Name> names_;
    std::vector<std::uint32_t> slots_;
    std::uint32_t mask_ = 0;
};

}  // namespace tillstream
