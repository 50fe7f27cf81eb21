#include "core/digest.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include <cerrno>

#include "core/assert.h"

namespace tillstream {

namespace {

/// One EVP context with its algorithm looked up once: the look-up costs more than hashing a short key.
class Hash {
public:
    explicit Hash(const char* algorithm)
        : algorithm_(EVP_MD_fetch(nullptr, algorithm, nullptr)), context_(EVP_MD_CTX_new()) {
        TILLSTREAM_ASSERT(algorithm_ != nullptr && context_ != nullptr);
    }
    Hash(const Hash&) = delete;
    Hash& operator=(const Hash&) = delete;
    ~Hash() {
        EVP_MD_CTX_free(context_);
        EVP_MD_free(algorithm_);
    }

    void start() { TILLSTREAM_ASSERT(EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1); }
    void update(std::string_view bytes) {
        TILLSTREAM_ASSERT(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
    }
    template <std::size_t N>
    void finish(std::array<std::uint8_t, N>& digest) {
        unsigned int length = 0;
        TILLSTREAM_ASSERT(EVP_DigestFinal_ex(context_, digest.data(), &length) == 1 && length == N);
    }

private:
    EVP_MD* algorithm_;
    EVP_MD_CTX* context_;
};

}  // namespace

struct Md5::Context {
    Hash hash{"MD5"};
};

Md5::Md5() : context_(std::make_unique<Context>()) {}
Md5::~Md5() = default;
Md5::Md5(Md5&&) noexcept = default;
Md5& Md5::operator=(Md5&&) noexcept = default;

Md5::Digest Md5::operator()(std::string_view bytes) {
    Digest digest;
    context_->hash.start();
    context_->hash.update(bytes);
    context_->hash.finish(digest);
    return digest;
}

struct Sha256::Context {
    Hash hash{"SHA256"};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) { context_->hash.start(); }
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) { context_->hash.update(bytes); }

std::string Sha256::finish_hex() {
    std::array<std::uint8_t, 32> digest;
    context_->hash.finish(digest);
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string sha256_hex(std::string_view bytes) {
    Sha256 sha;
    sha.update(bytes);
    return sha.finish_hex();
}

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    std::size_t done = 0;
    while (done < count) {
        const ssize_t got = getrandom(bytes.data() + done, count - done, 0);
        TILLSTREAM_ASSERT(got > 0 || errno == EINTR);
        if (got > 0) done += static_cast<std::size_t>(got);
    }
    return bytes;
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        hex.push_back(kDigits[value >> 4]);
        hex.push_back(kDigits[value & 15]);
    }
    return hex;
}

}  // namespace tillstream
