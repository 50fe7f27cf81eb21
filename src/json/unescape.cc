#include "json/internal/unescape.h"

#include <cstring>
#include <optional>

namespace tillstream::json::internal {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::uint32_t> hex4(std::string_view text) {
    if (text.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
        const int digit = hex_digit(text[i]);
        if (digit < 0) return std::nullopt;
        value = value << 4 | static_cast<std::uint32_t>(digit);
    }
    return value;
}

char* put_utf8(std::uint32_t c, char* out) {
    auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | c >> 6);
        put(0x80 | (c & 0x3F));
    } else {
        if (c < 0x10000) {
            put(0xE0 | c >> 12);
        } else {
            put(0xF0 | c >> 18);
            put(0x80 | (c >> 12 & 0x3F));
        }
        put(0x80 | (c >> 6 & 0x3F));
        put(0x80 | (c & 0x3F));
    }
    return out;
}

char simple_escape(char c) {
    switch (c) {
        case '"': return '"';
        case '\\': return '\\';
        case '/': return '/';
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        default: return 0;
    }
}

/// `text` starts after "\u"; sets how much of it was used.
std::optional<std::uint32_t> code_point(std::string_view text, std::size_t& used, bool& half) {
    auto first = hex4(text);
    if (!first) return std::nullopt;
    used = 4;
    if (*first < 0xD800 || *first > 0xDFFF) return first;
    if (*first < 0xDC00 && text.substr(4, 2) == "\\u") {
        auto second = hex4(text.substr(6));
        if (second && *second >= 0xDC00 && *second <= 0xDFFF) {
            used = 10;
            return 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00);
        }
    }
    half = true;
    return kReplacement;
}

}  // namespace

Unescaped unescape(std::string_view text, char* out, std::size_t& size) {
    char* const start = out;
    bool half = false;
    while (!text.empty()) {
        const void* found = std::memchr(text.data(), '\\', text.size());
        const std::size_t plain =
            found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : text.size();
        std::memcpy(out, text.data(), plain);
        out += plain;
        text.remove_prefix(plain);
        if (text.empty()) break;
        if (text.size() < 2) return Unescaped::bad_escape;
        if (text[1] == 'u') {
            std::size_t used = 0;
            auto c = code_point(text.substr(2), used, half);
            if (!c) return Unescaped::bad_escape;
            out = put_utf8(*c, out);
            text.remove_prefix(2 + used);
        } else {
            const char c = simple_escape(text[1]);
            if (c == 0) return Unescaped::bad_escape;
            *out++ = c;
            text.remove_prefix(2);
        }
    }
    size = static_cast<std::size_t>(out - start);
    return half ? Unescaped::half_surrogate : Unescaped::ok;
}

}  // namespace tillstream::json::internal
