#include "access/token.h"

#include <algorithm>

#include "core/digest.h"

namespace tillstream {

namespace {

constexpr std::string_view kPrefix = "ts_";
constexpr std::size_t kIdDigits = 12;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kTextSize = kPrefix.size() + kIdDigits + 1 + 2 * kSecretBytes;
constexpr std::size_t kNameBytesMax = 100;

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

TokenText make_token_text() { return make_token_text(to_hex(random_bytes(kIdDigits / 2))); }

TokenText make_token_text(std::string_view id) {
    std::string text(kPrefix);
    text.append(id).append("_").append(to_hex(random_bytes(kSecretBytes)));
    return {std::string(id), std::move(text)};
}

bool is_token_id(std::string_view text) { return text.size() == kIdDigits && is_hex(text); }

std::optional<std::string_view> token_id_in(std::string_view text) {
    if (text.size() != kTextSize || !text.starts_with(kPrefix)) return std::nullopt;
    const std::string_view id = text.substr(kPrefix.size(), kIdDigits);
    const std::string_view secret = text.substr(kPrefix.size() + kIdDigits + 1);
    if (text[kPrefix.size() + kIdDigits] != '_' || !is_hex(id) || !is_hex(secret)) return std::nullopt;
    return id;
}

Status check_token_name(std::string_view name) {
    if (name.size() > kNameBytesMax)
        return failure(Errc::invalid_argument, "a token's name has at most " + std::to_string(kNameBytesMax) +
                                                   " bytes, not " + std::to_string(name.size()));
    const bool plain = std::none_of(name.begin(), name.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (plain) return {};
    return failure(Errc::invalid_argument, "a token's name has no control characters");
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    volatile unsigned char differs = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        differs = static_cast<unsigned char>(differs | static_cast<unsigned char>(a[i] ^ b[i]));
    }
    return differs == 0;
}

}  // namespace tillstream
