// charset.h - from the charsets real producers send to UTF-8, which is all that the rest reads.
//
// Source:  FACES "Ingest" (utf-8, iso-8859-1, utf-16) and "CLI output for scripts" (auto encoding).
// Faults:  UTF-8 is passed on unjudged and half a surrogate pair of UTF-16 becomes bytes that are not UTF-8:
//          the reader of lines finds them there, so that a bad character costs its line and not the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes.h"

namespace tillstream {

enum class Charset : std::uint8_t { utf8, latin1, utf16, utf16le, utf16be };

/// The name as in `charset=`, without regard to case: utf-8, us-ascii, iso-8859-1, latin1, utf-16, utf-16le,
/// utf-16be.
std::optional<Charset> charset_named(std::string_view name);
std::string_view to_string(Charset charset);

bool is_valid_utf8(std::string_view text);
/// Length of the valid character at the start of `text` (not empty), or 0.
std::size_t utf8_character_length(std::string_view text);

/// Judges a text that comes in pieces cut anywhere.
class Utf8Validator {
public:
    void feed(std::string_view piece);
    /// Whether all that was fed is valid and ends on a character border.
    bool valid() const { return !broken_ && carried_ == 0; }
    /// No later piece can make it valid.
    bool broken() const { return broken_; }

private:
    char carry_[4] = {};
    std::size_t carried_ = 0;
    bool broken_ = false;
};

struct Bom {
    Charset charset = Charset::utf8;
    std::size_t size = 0;
};
/// The byte order mark at the start of `text`, if it has one.
std::optional<Bom> find_bom(std::string_view text);

/// Byte order mark, else valid UTF-8, else ISO-8859-1. `text` is the whole text.
Charset detect_charset(std::string_view text);

/// Turns pieces of a text, cut anywhere, into UTF-8. A byte order mark at the start is dropped. `utf16` takes
/// its byte order from the mark; without one the first character decides, as it is ASCII in every header and
/// record.
class Transcoder {
public:
    explicit Transcoder(Charset charset) : charset_(charset) {}
    void feed(std::string_view piece, Buffer& out);
    /// What an unfinished character at the end leaves.
    void finish(Buffer& out);

private:
    void start(Buffer& out);
    void body(std::string_view piece, Buffer& out);
    void utf16(std::string_view piece, Buffer& out);
    void unit(std::uint32_t value, Buffer& out);

    Charset charset_;
    bool started_ = false;
    char carry_[4] = {};
    std::size_t carried_ = 0;
    std::uint32_t high_surrogate_ = 0;
};

/// A whole text at once, behind what `out` holds.
void to_utf8(Charset charset, std::string_view text, Buffer& out);

}  // namespace tillstream
