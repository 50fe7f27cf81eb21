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

class State {
public:
    explicit State(const SipHashKey& key) {
        const auto k0 = load_le<std::uint64_t>(reinterpret_cast<const char*>(key.data()));
        const auto k1 = load_le<std::uint64_t>(reinterpret_cast<const char*>(key.data()) + 8);
        v0_ = k0 ^ 0x736f6d6570736575;
        v1_ = k1 ^ 0x646f72616e646f6d ^ 0xee;
        v2_ = k0 ^ 0x6c7967656e657261;
        v3_ = k1 ^ 0x7465646279746573;
    }

    void add(std::string_view text) {
        if (text.empty()) return;
        size_ += text.size();
        if (rest_size_ != 0) {
            const std::size_t taken = std::min(text.size(), sizeof rest_ - rest_size_);
            rest_ |= few_bytes(text.substr(0, taken)) << 8 * rest_size_;
            rest_size_ += taken;
            text.remove_prefix(taken);
            if (rest_size_ < sizeof rest_) return;
            word(rest_);
        }
        for (; text.size() >= sizeof rest_; text.remove_prefix(sizeof rest_))
            word(load_le<std::uint64_t>(text.data()));
        rest_size_ = text.size();
        rest_ = few_bytes(text);
    }

    SipHashDigest finish() {
        word(rest_ | std::uint64_t{size_} << 56);
        SipHashDigest digest;
        v2_ ^= 0xee;
        store_le(reinterpret_cast<char*>(digest.data()), mixed());
        v1_ ^= 0xdd;
        store_le(reinterpret_cast<char*>(digest.data()) + 8, mixed());
        return digest;
    }

private:
    void round() {
        v0_ += v1_;
        v1_ = std::rotl(v1_, 13) ^ v0_;
        v0_ = std::rotl(v0_, 32);
        v2_ += v3_;
        v3_ = std::rotl(v3_, 16) ^ v2_;
        v0_ += v3_;
        v3_ = std::rotl(v3_, 21) ^ v0_;
        v2_ += v1_;
        v1_ = std::rotl(v1_, 17) ^ v2_;
        v2_ = std::rotl(v2_, 32);
    }
    void word(std::uint64_t m) {
        v3_ ^= m;
        round();
        round();
        v0_ ^= m;
    }
    std::uint64_t mixed() {
        for (int i = 0; i < 4; ++i) round();
        return v0_ ^ v1_ ^ v2_ ^ v3_;
    }

    std::uint64_t v0_, v1_, v2_, v3_;
    std::size_t size_ = 0;
    std::uint64_t rest_ = 0;
    std::size_t rest_size_ = 0;
};

}  // namespace

SipHashDigest siphash128(const SipHashKey& key, std::string_view first, std::string_view second) {
    State state(key);
    state.add(first);
    state.add(second);
    return state.finish();
}

}  // namespace tillstream
