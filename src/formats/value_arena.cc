#include "formats/internal/value_arena.h"

#include <algorithm>

namespace tillstream::internal {
namespace {

constexpr std::size_t kBlock = 64 << 10;

}  // namespace

char* ValueArena::allocate(std::size_t size) {
    if (blocks_.empty() || size_ - used_ < size) {
        size_ = std::max(size, kBlock);
        blocks_.emplace_back(new char[size_]);
        used_ = 0;
    }
    char* at = blocks_.back().get() + used_;
    used_ += size;
    return at;
}

void ValueArena::clear() {
    if (blocks_.size() > 1) blocks_.clear();
    if (blocks_.empty()) size_ = 0;
    used_ = 0;
}

}  // namespace tillstream::internal
