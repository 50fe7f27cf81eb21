#include "core/siphash.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/bytes.h"

namespace tillstream {

namespace {

/// Up to eight bytes as a number. Texts are short: a call of memcpy for each would cost as much as the hash.
std::uint64_t few_bytes(std::string_view bytes) {
    const std::size_t size = bytes.size();
    if (size == 0) return 0;
    const auto byte = [&](std::size_t at) {
        return std::uint64_t{static_cast<unsigned char>(bytes[at])} << 8 * at;
    };
    if (size < 4) return byte(0) | byte(size / 2) | byte(size - 1);
    const std::uint64_t first = load_le<std::uint32_t>(bytes.data());
    const std::uint64_t last = load_le<std::uint32_t>(bytes.data() + size - 4);
    return first | last << 8 * (size - 4);
}

struct Lane {
    explicit Lane(const SipHashKey& key) {
        const auto k0 = load_le<std::uint64_t>(reinterpret_cast<const char*>(key.data()));
        const auto k1 = load_le<std::uint64_t>(reinterpret_cast<const char*>(key.data()) + 8);
        v0 = k0 ^ 0x736f6d6570736575;
        v1 = k1 ^ 0x646f72616e646f6d ^ 0xee;
        v2 = k0 ^ 0x6c7967656e657261;
        v3 = k1 ^ 0x7465646279746573;
    }
    std::uint64_t half() const { return v0 ^ v1 ^ v2 ^ v3; }

    std::uint64_t v0, v1, v2, v3;
};

/// Of one lane, or of several, step by step in turn.
template <class... Lanes>
[[gnu::always_inline]] inline void rounds(int count, Lanes&... of) {
    for (int i = 0; i < count; ++i) {
        ((of.v0 += of.v1), ...);
        ((of.v1 = std::rotl(of.v1, 13) ^ of.v0), ...);
        ((of.v0 = std::rotl(of.v0, 32)), ...);
        ((of.v2 += of.v3), ...);
        ((of.v3 = std::rotl(of.v3, 16) ^ of.v2), ...);
        ((of.v0 += of.v3), ...);
        ((of.v3 = std::rotl(of.v3, 21) ^ of.v0), ...);
        ((of.v2 += of.v1), ...);
        ((of.v1 = std::rotl(of.v1, 17) ^ of.v2), ...);
        ((of.v2 = std::rotl(of.v2, 32)), ...);
    }
}

[[gnu::always_inline]] inline void add_word(Lane& lane, std::uint64_t word) {
    lane.v3 ^= word;
    rounds(2, lane);
    lane.v0 ^= word;
}

[[gnu::always_inline]] inline void add_words(Lane& one, std::uint64_t word_of_one, Lane& other,
                                             std::uint64_t word_of_other) {
    one.v3 ^= word_of_one;
    other.v3 ^= word_of_other;
    rounds(2, one, other);
    one.v0 ^= word_of_one;
    other.v0 ^= word_of_other;
}

/// After the last word; `digests` has as many as there are lanes.
template <class... Lanes>
[[gnu::always_inline]] inline void finish(SipHashDigest* digests, Lanes&... of) {
    ((of.v2 ^= 0xee), ...);
    rounds(4, of...);
    SipHashDigest* digest = digests;
    (store_le(reinterpret_cast<char*>((digest++)->data()), of.half()), ...);
    ((of.v1 ^= 0xdd), ...);
    rounds(4, of...);
    digest = digests;
    (store_le(reinterpret_cast<char*>((digest++)->data()) + 8, of.half()), ...);
}

/// The last word: what is left of a text, and its size.
std::uint64_t last_word(std::uint64_t rest, std::size_t size) { return rest | std::uint64_t{size} << 56; }

constexpr std::size_t kWord = sizeof(std::uint64_t);

class Text {
public:
    explicit Text(const SipHashKey& key) : lane_(key) {}

    void add(std::string_view text) {
        if (text.empty()) return;
        size_ += text.size();
        if (rest_size_ != 0) {
            const std::size_t taken = std::min(text.size(), kWord - rest_size_);
            rest_ |= few_bytes(text.substr(0, taken)) << 8 * rest_size_;
            rest_size_ += taken;
            text.remove_prefix(taken);
            if (rest_size_ < kWord) return;
            add_word(lane_, rest_);
        }
        for (; text.size() >= kWord; text.remove_prefix(kWord))
            add_word(lane_, load_le<std::uint64_t>(text.data()));
        rest_size_ = text.size();
        rest_ = few_bytes(text);
    }
    SipHashDigest digest() {
        add_word(lane_, last_word(rest_, size_));
        SipHashDigest digest;
        finish(&digest, lane_);
        return digest;
    }

private:
    Lane lane_;
    std::size_t size_ = 0;
    std::uint64_t rest_ = 0;
    std::size_t rest_size_ = 0;
};

}  // namespace

SipHashDigest siphash128(const SipHashKey& key, std::string_view first, std::string_view second) {
    Text text(key);
    text.add(first);
    text.add(second);
    return text.digest();
}

std::array<SipHashDigest, 2> siphash128_each(const SipHashKey& key, std::string_view one,
                                             std::string_view other) {
    const std::size_t whole = one.size() / kWord * kWord;
    if (other.size() / kWord * kWord != whole) return {siphash128(key, one), siphash128(key, other)};
    Lane of_one(key), of_other(key);
    for (std::size_t at = 0; at < whole; at += kWord)
        add_words(of_one, load_le<std::uint64_t>(one.data() + at), of_other,
                  load_le<std::uint64_t>(other.data() + at));
    add_words(of_one, last_word(few_bytes(one.substr(whole)), one.size()), of_other,
              last_word(few_bytes(other.substr(whole)), other.size()));
    std::array<SipHashDigest, 2> digests;
    finish(digests.data(), of_one, of_other);
    return digests;
}

}  // namespace tillstream
