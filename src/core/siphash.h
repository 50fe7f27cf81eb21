// siphash.h - SipHash-2-4 with 128 bits: a keyed hash for tables whose keys strangers choose.
//
// Why:      without the key nobody can choose texts that meet, and it needs a tenth of SHA-256's time for a
//           short one.
// Cost:     no allocation per call. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace tillstream {

class SipHash128 {
public:
    using Key = std::array<std::uint8_t, 16>;
    using Digest = std::array<std::uint8_t, 16>;

    SipHash128();
    ~SipHash128();
    SipHash128(SipHash128&&) noexcept;
    SipHash128& operator=(SipHash128&&) noexcept;

    /// Of both texts together, as if they were one.
    Digest operator()(const Key& key, std::string_view first, std::string_view second = {});

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace tillstream
