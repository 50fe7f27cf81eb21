// bytes.h - byte buffers that know their slack and alignment.
//
// Views:  a run of bytes is a std::string_view throughout.
// Why:    touching fresh memory costs microseconds a page, so buffers grow without clearing and are reused;
//         the JSON parser reads up to kPadding bytes past the end; O_DIRECT wants aligned memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace tillstream {

/// A growable byte buffer whose allocation always extends kPadding bytes past its content.
/// Growing does not clear. Moved-from buffers are empty. Not thread-safe.
class Buffer {
public:
    static constexpr std::size_t kPadding = 64;

    Buffer() = default;
    explicit Buffer(std::string_view content) { append(content); }
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        Buffer taken(std::move(other));
        swap(taken);
        return *this;
    }

    char* data() { return data_.get(); }
    const char* data() const { return data_.get(); }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    std::size_t capacity() const { return capacity_; }
    std::string_view view() const { return {data_.get(), size_}; }

    void clear() { size_ = 0; }
    /// Sets the size; bytes beyond the old size are undefined.
    void resize(std::size_t size) {
        reserve(size);
        size_ = size;
    }
    void reserve(std::size_t capacity) {
        if (capacity > capacity_) grow(capacity);
    }
    /// Room for `count` more bytes at the end; returns where they start. The size then includes them.
    char* extend(std::size_t count) {
        reserve(size_ + count);
        char* at = data_.get() + size_;
        size_ += count;
        return at;
    }
    void append(std::string_view bytes) {
        if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
    }
    void push_back(char byte) { *extend(1) = byte; }
    void swap(Buffer& other) noexcept {
        data_.swap(other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

private:
    void grow(std::size_t at_least);

    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// A fixed buffer aligned to kAlignment, as O_DIRECT wants it. Content is undefined until written.
class AlignedBuffer {
public:
    static constexpr std::size_t kAlignment = 4096;

    AlignedBuffer() = default;
    /// `size` is rounded up to a multiple of kAlignment.
    explicit AlignedBuffer(std::size_t size);

    char* data() { return data_.get(); }
    const char* data() const { return data_.get(); }
    std::size_t size() const { return size_; }

private:
    struct Free {
        void operator()(char* p) const;
    };
    std::unique_ptr<char, Free> data_;
    std::size_t size_ = 0;
};

/// Little-endian access at any alignment: every on-disk integer of Tillstream is little-endian.
template <class T>
T load_le(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}
template <class T>
void store_le(char* at, T value) {
    std::memcpy(at, &value, sizeof value);
}

constexpr std::size_t round_up(std::size_t n, std::size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

}  // namespace tillstream
