#include "core/bytes.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>

static_assert(std::endian::native == std::endian::little,
              "on-disk integers are stored as the machine holds them");

namespace tillstream {

void Buffer::grow(std::size_t at_least) {
    const std::size_t capacity = std::max(at_least, capacity_ + capacity_ / 2);
    std::unique_ptr<char[]> larger(new char[capacity + kPadding]);
    if (size_ != 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
}

AlignedBuffer::AlignedBuffer(std::size_t size) : size_(round_up(size, kAlignment)) {
    data_.reset(static_cast<char*>(std::aligned_alloc(kAlignment, size_)));
    if (!data_) throw std::bad_alloc();
}

void AlignedBuffer::Free::operator()(char* p) const { std::free(p); }

}  // namespace tillstream
