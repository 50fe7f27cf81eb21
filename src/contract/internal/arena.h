// arena.h - memory for the texts of one batch: handed out from blocks that double, given to the batch at the
// end.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tillstream {

class Arena {
public:
    using Blocks = std::vector<std::unique_ptr<char[]>>;

    char* allocate(std::size_t size) {
        if (size > static_cast<std::size_t>(end_ - next_)) [[unlikely]]
            add_block(size);
        char* at = next_;
        next_ += size;
        return at;
    }
    std::string_view keep(std::string_view text) {
        if (text.empty()) return {};
        char* at = allocate(text.size());
        std::memcpy(at, text.data(), text.size());
        return {at, text.size()};
    }
    std::size_t bytes() const { return bytes_; }
    /// The arena is empty afterwards.
    Blocks take() {
        next_ = end_ = nullptr;
        bytes_ = 0;
        return std::move(blocks_);
    }

private:
    static constexpr std::size_t kFirstBlock = 16 << 10;
    static constexpr std::size_t kLargestBlock = 1 << 20;

    void add_block(std::size_t at_least) {
        const std::size_t size = std::max(at_least, std::clamp(bytes_, kFirstBlock, kLargestBlock));
        // Not value-initialised: touching memory that is not used yet costs more than the decode of a row.
        blocks_.push_back(std::unique_ptr<char[]>(new char[size]));
        next_ = blocks_.back().get();
        end_ = next_ + size;
        bytes_ += size;
    }

    Blocks blocks_;
    char* next_ = nullptr;
    char* end_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace tillstream
