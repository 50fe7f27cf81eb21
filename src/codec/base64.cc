#include "codec/base64.h"

#include <array>

namespace tillstream {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Four digits for up to three bytes; missing ones count as zero.
std::array<char, 4> digits(std::string_view bytes) {
    unsigned group = 0;
    for (std::size_t i = 0; i < 3; ++i)
        group = group << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u);
    return {kAlphabet[group >> 18], kAlphabet[group >> 12 & 63], kAlphabet[group >> 6 & 63],
            kAlphabet[group & 63]};
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
    out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
    for (; bytes.size() >= 3; bytes.remove_prefix(3)) out.append(digits(bytes.substr(0, 3)).data(), 4);
    if (bytes.empty()) return;
    out.append(digits(bytes).data(), bytes.size() + 1);
    out.append(3 - bytes.size(), '=');
}

std::string base64(std::string_view bytes) {
    std::string out;
    append_base64(out, bytes);
    return out;
}

}  // namespace tillstream
