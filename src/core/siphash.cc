#include "core/siphash.h"

#include <openssl/evp.h>

#include "core/assert.h"

namespace tillstream {

struct SipHash128::Context {
    Context() : algorithm(EVP_MAC_fetch(nullptr, "SIPHASH", nullptr)), mac(EVP_MAC_CTX_new(algorithm)) {
        TILLSTREAM_ASSERT(algorithm != nullptr && mac != nullptr);
    }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() {
        EVP_MAC_CTX_free(mac);
        EVP_MAC_free(algorithm);
    }

    EVP_MAC* algorithm;
    EVP_MAC_CTX* mac;
};

SipHash128::SipHash128() : context_(std::make_unique<Context>()) {}
SipHash128::~SipHash128() = default;
SipHash128::SipHash128(SipHash128&&) noexcept = default;
SipHash128& SipHash128::operator=(SipHash128&&) noexcept = default;

SipHash128::Digest SipHash128::operator()(const Key& key, std::string_view first, std::string_view second) {
    const auto feed = [this](std::string_view text) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
        TILLSTREAM_ASSERT(EVP_MAC_update(context_->mac, bytes, text.size()) == 1);
    };
    TILLSTREAM_ASSERT(EVP_MAC_init(context_->mac, key.data(), key.size(), nullptr) == 1);
    if (!first.empty()) feed(first);
    if (!second.empty()) feed(second);
    Digest digest;
    std::size_t length = 0;
    TILLSTREAM_ASSERT(EVP_MAC_final(context_->mac, digest.data(), &length, digest.size()) == 1 &&
                      length == digest.size());
    return digest;
}

}  // namespace tillstream
