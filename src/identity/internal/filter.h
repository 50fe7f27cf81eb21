// filter.h - a Bloom filter of one cache line an id: says "never seen" for most ids that were not.
//
// Cost:     one memory access a question; with 12 bits an id about 6 in 1,000 wrong "perhaps", with 20 about
//           2 in 10,000.
// Form:     docs/formats/dedup.md: lines of 64 bytes, 8 bits of one line set for each id.
// Threads:  immutable once built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/decimal.h"
#include "identity/internal/id_hash.h"

namespace tillstream::identity {

class Filter {
public:
    static constexpr std::size_t kLine = 64;
    static constexpr std::size_t kBitsPerId = 12;

    static std::size_t bytes_for(std::uint64_t ids, std::size_t bits_per_id = kBitsPerId) {
        return (ids * bits_per_id + kLine * 8 - 1) / (kLine * 8) * kLine;
    }

    Filter() = default;
    Filter(std::uint64_t ids, std::size_t bits_per_id) : bits_(bytes_for(ids, bits_per_id)) {}
    /// All clear, to be read into `data`.
    static Filter of_size(std::size_t bytes) {
        Filter filter;
        filter.bits_.resize(bytes);
        return filter;
    }

    void add(const IdHash& hash) {
        set(bits_.data() + line_of(hash), hash, FirstBits{});
        set(bits_.data() + line_of(hash), hash, OtherBits{});
    }
    bool may_hold(const IdHash& hash) const {
        if (bits_.empty()) return false;
        const char* line = bits_.data() + line_of(hash);
        // Half of all bits are set: a branch for each would be guessed wrong every other time.
        return are_set(line, hash, FirstBits{}) && are_set(line, hash, OtherBits{});
    }
    /// Brings what may_hold will look at closer. Inlined at once: GCC 12 takes a call that only prefetches
    /// for one without effect, and drops it.
    [[gnu::always_inline]] void prefetch(const IdHash& hash) const {
        if (!bits_.empty()) __builtin_prefetch(bits_.data() + line_of(hash));
    }
    char* data() { return bits_.data(); }
    std::string_view bytes() const { return {bits_.data(), bits_.size()}; }

private:
    static constexpr int kBits = 8;
    using FirstBits = std::integer_sequence<int, 0, 1, 2, 3>;
    using OtherBits = std::integer_sequence<int, 4, 5, 6, 7>;
    static constexpr int kBitsOfLow = 5;

    /// The upper bits of the hash choose the line; 45 others, and the lowest 27, the bits in it.
    std::size_t line_of(const IdHash& hash) const {
        const std::uint64_t lines = bits_.size() / kLine;
        return static_cast<std::size_t>(UInt128{hash.high} * lines >> 64) * kLine;
    }
    static unsigned bit_of_line(const IdHash& hash, int i) {
        const std::uint64_t from =
            i < kBitsOfLow ? hash.low >> (16 + 9 * i) : hash.high >> 9 * (i - kBitsOfLow);
        return static_cast<unsigned>(from & 511);
    }

    /// These two without a loop or a branch.
    template <int... kBit>
    static void set(char* line, const IdHash& hash, std::integer_sequence<int, kBit...>) {
        const auto one = [line](unsigned bit) {
            char* word = line + bit / 64 * 8;
            store_le(word, load_le<std::uint64_t>(word) | std::uint64_t{1} << bit % 64);
        };
        (one(bit_of_line(hash, kBit)), ...);
    }
    template <int... kBit>
    static bool are_set(const char* line, const IdHash& hash, std::integer_sequence<int, kBit...>) {
        return ((load_le<std::uint64_t>(line + bit_of_line(hash, kBit) / 64 * 8) >>
                 bit_of_line(hash, kBit) % 64) &
                ... & 1) != 0;
    }

    std::vector<char> bits_;
};

}  // namespace tillstream::identity
