// digest.h - MD5 (shard routing) and SHA-256 (identity of files and versions).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tillstream {

/// Reusable MD5: no allocation per call. One thread at a time.
class Md5 {
public:
    Md5();
    ~Md5();
    Md5(Md5&&) noexcept;
    Md5& operator=(Md5&&) noexcept;

    using Digest = std::array<std::uint8_t, 16>;
    Digest operator()(std::string_view bytes);

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// Incremental SHA-256.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    void update(std::string_view bytes);
    /// Lower-case hex, 64 characters. The object may not be used afterwards.
    std::string finish_hex();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view bytes);

/// `count` random bytes from the operating system.
std::string random_bytes(std::size_t count);
std::string to_hex(std::string_view bytes);

}  // namespace tillstream
