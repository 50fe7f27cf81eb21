// key_order.h - the writes of a commit by their keys' bytes.
//
// Memory:  kept from commit to commit; nothing is allocated per write once it has grown.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ports/table_store.h"

namespace tillstream::rocks {

class KeyOrder {
public:
    /// Numbers of the writes, the one with the least key first; of equal keys the earlier write first. Valid
    /// until the next call, as are the keys.
    std::span<const std::uint32_t> by_key(std::span<const TableWrite> writes);
    std::string_view key(std::uint32_t write) const {
        const std::size_t begin = write == 0 ? 0 : ends_[write - 1];
        return std::string_view(keys_).substr(begin, ends_[write] - begin);
    }

private:
    std::string keys_;
    std::vector<std::size_t> ends_;
    std::vector<std::uint32_t> order_;
};

}  // namespace tillstream::rocks
