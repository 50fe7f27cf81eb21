// walker.h - reads an indexed JSON text token by token and checks what indexing does not: the grammar.
//
// Faults:  a hard fault (false returned, fault() set) ends the walk. A half surrogate or too deep a nesting
//          is noted and the walk goes on, so that the neighbours of such a value can still be read.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "json/scanner.h"

namespace tillstream::json::internal {

class Walker {
public:
    /// `tokens` as Structure::tokens, of this text.
    void open(std::string_view text, const std::uint32_t* tokens);
    /// Narrows the walk to a line of the text.
    void enter(std::size_t begin, std::size_t end);

    /// First byte of the next token; '\0' at the end.
    char peek() const { return *next_ < end_ ? text_[*next_] : '\0'; }
    std::size_t position() const { return *next_ < end_ ? *next_ : end_; }
    void advance() { ++next_; }
    bool at_end() const { return *next_ >= end_; }

    /// Forgets scratch text and notes of the record before.
    void begin_record();
    /// An object's members, at its brace; ScanLimits::bytes.
    bool object(std::vector<Field>& out, std::size_t bytes);
    /// Any value inside `depth` containers; `out.key` is left alone. Objects and arrays are checked and
    /// skipped.
    bool value(Field& out, int depth);
    /// End of the value just read.
    std::size_t last_end() const;
    /// A string's content, at its quote.
    bool string(std::string_view& content, bool& in_scratch);

    /// What was noted about the record: encoding first, then depth.
    ScanOutcome note(ScanLimits limits) const;
    const ScanError& fault() const { return fault_; }
    bool fail(const char* what);

private:
    struct Nesting;

    bool container(int depth);
    bool skip_unchecked();
    bool leaf(char first);
    bool key_and_colon();
    bool scalar(char first, std::string_view& token, Kind& kind);
    bool token_is(std::string_view word, std::string_view& token);
    bool number(std::string_view& token);
    bool raw_string(std::string_view& content);
    bool unescape_at_end(std::string_view content, std::size_t& size);
    /// End of the room the current token and blanks after it may take.
    std::uint32_t token_limit() const { return next_[1] < end_ ? next_[1] : end_; }
    bool only_blanks(std::uint32_t from, std::uint32_t to) const;

    const char* text_ = "";
    const std::uint32_t* next_ = nullptr;
    std::uint32_t end_ = 0;
    std::uint32_t size_ = 0;
    int deepest_ = 0;
    std::optional<std::uint32_t> half_surrogate_;
    std::uint32_t too_deep_at_ = 0;
    Buffer scratch_;
    std::size_t scratch_used_ = 0;
    ScanError fault_;
};

}  // namespace tillstream::json::internal
