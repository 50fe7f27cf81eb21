// checksum.h - CRC32C (Castagnoli), as every Tillstream format uses it.
#pragma once

#include <cstdint>
#include <string_view>

namespace tillstream {

/// CRC32C of `bytes`, continued from `seed` (the CRC of what went before; 0 to start). Check value of
/// "123456789" is 0xE3069283. Thread-safe.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

}  // namespace tillstream
