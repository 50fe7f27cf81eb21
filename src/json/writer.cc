#include "json/writer.h"

#include <array>
#include <charconv>

#include "core/assert.h"

namespace tillstream::json {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kHex = "0123456789abcdef";

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// Length of the UTF-8 character at the start of `text`, 0 if there is none (overlong, surrogate, beyond
/// U+10FFFF).
std::size_t character_length(std::string_view text) {
    const unsigned lead = byte_at(text, 0);
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
    const unsigned second = byte_at(text, 1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
    return length;
}

bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

template <class Out>
void escape_one(Out& out, char c) {
    switch (c) {
        case '"': return void(out.append(std::string_view("\\\"")));
        case '\\': return void(out.append(std::string_view("\\\\")));
        case '\n': return void(out.append(std::string_view("\\n")));
        case '\r': return void(out.append(std::string_view("\\r")));
        case '\t': return void(out.append(std::string_view("\\t")));
        default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    const char text[] = {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    out.append(std::string_view(text, sizeof text));
}

template <class Out>
void escape(Out& out, std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        std::size_t plain = i;
        while (plain < text.size() && is_plain(static_cast<unsigned char>(text[plain]))) ++plain;
        out.append(text.substr(i, plain - i));
        i = plain;
        if (i == text.size()) return;
        if (byte_at(text, i) < 0x80) {
            escape_one(out, text[i++]);
            continue;
        }
        const std::size_t length = character_length(text.substr(i));
        out.append(length == 0 ? kReplacement : text.substr(i, length));
        i += length == 0 ? 1 : length;
    }
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) { escape(out, text); }
void append_escaped(Buffer& out, std::string_view text) { escape(out, text); }

template <class Out>
void BasicWriter<Out>::separate() {
    const std::uint64_t bit = std::uint64_t{1} << depth_;
    if (!after_key_ && depth_ > 0 && (filled_ & bit) != 0) out_.push_back(',');
    filled_ |= bit;
    after_key_ = false;
}

template <class Out>
BasicWriter<Out>& BasicWriter<Out>::begin(char bracket) {
    separate();
    out_.push_back(bracket);
    TILLSTREAM_ASSERT(depth_ < 63);
    filled_ &= ~(std::uint64_t{1} << ++depth_);
    return *this;
}

template <class Out>
BasicWriter<Out>& BasicWriter<Out>::end(char bracket) {
    out_.push_back(bracket);
    TILLSTREAM_ASSERT(depth_ > 0);
    --depth_;
    return *this;
}

template <class Out>
BasicWriter<Out>& BasicWriter<Out>::key(std::string_view name) {
    string(name);
    out_.push_back(':');
    after_key_ = true;
    return *this;
}

template <class Out>
BasicWriter<Out>& BasicWriter<Out>::string(std::string_view text) {
    separate();
    out_.push_back('"');
    escape(out_, text);
    out_.push_back('"');
    return *this;
}

template <class Out>
BasicWriter<Out>& BasicWriter<Out>::unsigned_number(std::uint64_t value) {
    std::array<char, 20> digits;
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

template <class Out>
BasicWriter<Out>& BasicWriter<Out>::signed_number(std::int64_t value) {
    std::array<char, 20> digits;
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

template <class Out>
BasicWriter<Out>& BasicWriter<Out>::number(Int128 value) {
    std::array<char, 40> digits;
    char* const end = digits.data() + digits.size();
    char* at = end;
    const bool negative = value < 0;
    auto rest = negative ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
    do {
        *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
        rest /= 10;
    } while (rest != 0);
    if (negative) *--at = '-';
    return raw({at, static_cast<std::size_t>(end - at)});
}

template <class Out>
BasicWriter<Out>& BasicWriter<Out>::raw(std::string_view json) {
    separate();
    out_.append(json);
    return *this;
}

template class BasicWriter<std::string>;
template class BasicWriter<Buffer>;

}  // namespace tillstream::json
