// value_arena.h - memory for values that are no views of the input; they stay where they are until cleared.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace tillstream::internal {

class ValueArena {
public:
    char* allocate(std::size_t size);
    /// Keeps the first block for the next round.
    void clear();
    /// Of the last block, the only one behind clear.
    std::size_t capacity() const { return size_; }

private:
    std::vector<std::unique_ptr<char[]>> blocks_;
    std::size_t used_ = 0;  ///< of the last block
    std::size_t size_ = 0;  ///< of the last block
};

}  // namespace tillstream::internal
