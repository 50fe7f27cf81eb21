#include "codec/charset.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace tillstream {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080ull;
constexpr std::size_t kBomMax = 3;

struct Name {
    std::string_view name;
    Charset charset;
};
constexpr std::array kNames = {
    Name{"utf-8", Charset::utf8},       Name{"utf8", Charset::utf8},
    Name{"us-ascii", Charset::utf8},    Name{"iso-8859-1", Charset::latin1},
    Name{"latin1", Charset::latin1},    Name{"latin-1", Charset::latin1},
    Name{"utf-16", Charset::utf16},     Name{"utf-16le", Charset::utf16le},
    Name{"utf-16be", Charset::utf16be},
};

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

std::size_t ascii_run(std::string_view text) {
    std::size_t i = 0;
    while (i + 8 <= text.size() && (load_le<std::uint64_t>(text.data() + i) & kHighBits) == 0) i += 8;
    while (i < text.size() && byte_at(text, i) < 0x80) ++i;
    return i;
}

bool is_continuation(unsigned byte) { return (byte & 0xC0) == 0x80; }

std::size_t length_by_lead(unsigned lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/// Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
bool second_fits(unsigned lead, unsigned second) {
    switch (lead) {
        case 0xE0: return second >= 0xA0;
        case 0xED: return second <= 0x9F;
        case 0xF0: return second >= 0x90;
        case 0xF4: return second <= 0x8F;
        default: return true;
    }
}

/// Whether `text`, shorter than its lead byte asks for, can still become a character.
bool may_become_character(std::string_view text) {
    const unsigned lead = byte_at(text, 0);
    if (text.size() >= length_by_lead(lead)) return false;
    for (std::size_t i = 1; i < text.size(); ++i)
        if (!is_continuation(byte_at(text, i))) return false;
    return text.size() < 2 || second_fits(lead, byte_at(text, 1));
}

/// The general form: half a surrogate pair comes out as three bytes that no validator takes.
void append_code_point(std::uint32_t c, Buffer& out) {
    auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (c < 0x80) return put(c);
    if (c < 0x800) {
        put(0xC0 | c >> 6);
    } else {
        if (c < 0x10000) {
            put(0xE0 | c >> 12);
        } else {
            put(0xF0 | c >> 18);
            put(0x80 | (c >> 12 & 0x3F));
        }
        put(0x80 | (c >> 6 & 0x3F));
    }
    put(0x80 | (c & 0x3F));
}

void latin1(std::string_view text, Buffer& out) {
    while (!text.empty()) {
        const std::size_t plain = ascii_run(text);
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) return;
        append_code_point(byte_at(text, 0), out);
        text.remove_prefix(1);
    }
}

}  // namespace

std::optional<Charset> charset_named(std::string_view name) {
    auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
    for (const Name& known : kNames)
        if (std::equal(name.begin(), name.end(), known.name.begin(), known.name.end(), same))
            return known.charset;
    return std::nullopt;
}

std::string_view to_string(Charset charset) {
    switch (charset) {
        case Charset::utf8: return "utf-8";
        case Charset::latin1: return "iso-8859-1";
        case Charset::utf16: return "utf-16";
        case Charset::utf16le: return "utf-16le";
        case Charset::utf16be: return "utf-16be";
    }
    return "";
}

std::size_t utf8_character_length(std::string_view text) {
    const unsigned lead = byte_at(text, 0);
    const std::size_t length = length_by_lead(lead);
    if (length <= 1) return length;
    if (text.size() < length || !second_fits(lead, byte_at(text, 1))) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if (!is_continuation(byte_at(text, i))) return 0;
    return length;
}

bool is_valid_utf8(std::string_view text) {
    for (;;) {
        text.remove_prefix(ascii_run(text));
        if (text.empty()) return true;
        const std::size_t length = utf8_character_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
}

void Utf8Validator::feed(std::string_view piece) {
    while (carried_ != 0 && !piece.empty() && !broken_) {
        carry_[carried_++] = piece[0];
        piece.remove_prefix(1);
        const std::string_view so_far(carry_, carried_);
        if (utf8_character_length(so_far) != 0)
            carried_ = 0;
        else
            broken_ = !may_become_character(so_far);
    }
    while (!piece.empty() && !broken_) {
        piece.remove_prefix(ascii_run(piece));
        if (piece.empty()) return;
        const std::size_t length = utf8_character_length(piece);
        if (length == 0 && may_become_character(piece)) {
            carried_ = piece.copy(carry_, piece.size());
            return;
        }
        broken_ = length == 0;
        piece.remove_prefix(length);
    }
}

std::optional<Bom> find_bom(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) return Bom{Charset::utf8, 3};
    if (text.starts_with("\xFF\xFE")) return Bom{Charset::utf16le, 2};
    if (text.starts_with("\xFE\xFF")) return Bom{Charset::utf16be, 2};
    return std::nullopt;
}

Charset detect_charset(std::string_view text) {
    if (auto bom = find_bom(text)) return bom->charset;
    return is_valid_utf8(text) ? Charset::utf8 : Charset::latin1;
}

void Transcoder::feed(std::string_view piece, Buffer& out) {
    if (!started_) {
        const std::size_t taken = piece.copy(carry_ + carried_, kBomMax - carried_);
        carried_ += taken;
        piece.remove_prefix(taken);
        if (carried_ < kBomMax) return;
        start(out);
    }
    body(piece, out);
}

/// The first bytes are all there: settles the byte order and drops the mark.
void Transcoder::start(Buffer& out) {
    started_ = true;
    const std::array<char, kBomMax> kept = {carry_[0], carry_[1], carry_[2]};
    std::string_view first(kept.data(), carried_);
    carried_ = 0;
    const auto bom = find_bom(first);
    const bool any_order = charset_ == Charset::utf16;
    if (any_order) charset_ = first.starts_with('\0') ? Charset::utf16be : Charset::utf16le;
    if (bom && any_order && bom->charset != Charset::utf8) charset_ = bom->charset;
    if (bom && bom->charset == charset_) first.remove_prefix(bom->size);
    body(first, out);
}

void Transcoder::body(std::string_view piece, Buffer& out) {
    switch (charset_) {
        case Charset::utf8: return out.append(piece);
        case Charset::latin1: return latin1(piece, out);
        case Charset::utf16:
        case Charset::utf16le:
        case Charset::utf16be: return utf16(piece, out);
    }
}

void Transcoder::utf16(std::string_view piece, Buffer& out) {
    const bool little = charset_ == Charset::utf16le;
    auto take = [&](unsigned first, unsigned second) {
        unit(little ? second << 8 | first : first << 8 | second, out);
    };
    if (carried_ == 1 && !piece.empty()) {
        take(static_cast<unsigned char>(carry_[0]), byte_at(piece, 0));
        carried_ = 0;
        piece.remove_prefix(1);
    }
    for (; piece.size() >= 2; piece.remove_prefix(2)) take(byte_at(piece, 0), byte_at(piece, 1));
    if (!piece.empty()) {
        carry_[0] = piece[0];
        carried_ = 1;
    }
}

void Transcoder::unit(std::uint32_t value, Buffer& out) {
    const bool low = value >= 0xDC00 && value <= 0xDFFF;
    if (high_surrogate_ != 0) {
        const std::uint32_t high = std::exchange(high_surrogate_, 0);
        if (low) return append_code_point(0x10000 + ((high - 0xD800) << 10) + (value - 0xDC00), out);
        append_code_point(high, out);
    }
    if (value >= 0xD800 && value <= 0xDBFF)
        high_surrogate_ = value;
    else
        append_code_point(value, out);
}

void Transcoder::finish(Buffer& out) {
    if (!started_) start(out);
    if (high_surrogate_ != 0) append_code_point(high_surrogate_, out);
    if (carried_ != 0) out.push_back('\xFF');
    high_surrogate_ = 0;
    carried_ = 0;
}

void to_utf8(Charset charset, std::string_view text, Buffer& out) {
    Transcoder transcoder(charset);
    out.reserve(out.size() + text.size());
    transcoder.feed(text, out);
    transcoder.finish(out);
}

}  // namespace tillstream
