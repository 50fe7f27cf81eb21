// varint.h - whole numbers in as few bytes as they need: seven bits a byte, lowest first, the top bit says
//     that more follow (LEB128).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes.h"

namespace tillstream::journal {

inline void append_varint(Buffer& out, std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
    out.push_back(static_cast<char>(number));
}

/// Takes numbers and texts off the front of bytes; nothing where they end too early or do not fit.
class VarintReader {
public:
    explicit VarintReader(std::string_view bytes) : rest_(bytes) {}

    bool at_end() const { return rest_.empty(); }
    std::size_t left() const { return rest_.size(); }

    std::optional<std::uint64_t> number() {
        std::uint64_t number = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            const std::uint64_t bits = byte & 0x7FU;
            if (shift == 63 && bits > 1) return std::nullopt;
            number |= bits << shift;
            if (byte < 0x80) return number;
        }
        return std::nullopt;
    }
    std::optional<std::uint32_t> number32() {
        const auto wide = number();
        if (!wide || *wide > UINT32_MAX) return std::nullopt;
        return static_cast<std::uint32_t>(*wide);
    }
    /// A length and so many bytes.
    std::optional<std::string_view> text() {
        const auto size = number();
        if (!size || *size > rest_.size()) return std::nullopt;
        const std::string_view text = rest_.substr(0, *size);
        rest_.remove_prefix(*size);
        return text;
    }

private:
    std::string_view rest_;
};

}  // namespace tillstream::journal
