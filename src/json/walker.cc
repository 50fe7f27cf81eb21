#include "json/internal/walker.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>

#include "json/internal/unescape.h"

namespace tillstream::json::internal {
namespace {

/// Of the scratch memory, which is as large as the text.
constexpr std::size_t kKept = 4 << 20;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads up to 15 bytes past the end, which the padding of the input allows.
bool has_backslash(const char* at, std::size_t size) {
    const __m128i wanted = _mm_set1_epi8('\\');
    for (std::size_t i = 0; i < size; i += 16) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, wanted)));
        if (mask != 0) return static_cast<std::size_t>(std::countr_zero(mask)) + i < size;
    }
    return false;
}

/// End of the digits at `at`, or null if there is none.
const char* digits(const char* at, const char* end) {
    if (at == end || !is_digit(*at)) return nullptr;
    while (at != end && is_digit(*at)) ++at;
    return at;
}

/// End of the JSON number at `at`, or null.
const char* number_end(const char* at, const char* end) {
    if (at != end && *at == '-') ++at;
    if (at != end && *at == '0')
        ++at;
    else if (!(at = digits(at, end)))
        return nullptr;
    if (at != end && *at == '.' && !(at = digits(at + 1, end))) return nullptr;
    if (at == end || (*at != 'e' && *at != 'E')) return at;
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    return digits(at, end);
}

}  // namespace

/// Which of the open containers are objects: a stack of bits, so that no nesting can exhaust the call stack.
struct Walker::Nesting {
    std::array<std::uint64_t, kDepthMax / 64> objects;
    int depth = 0;

    bool push(bool object) {
        if (depth == kDepthMax) return false;
        const std::uint64_t bit = std::uint64_t{1} << (depth % 64);
        auto& word = objects[static_cast<std::size_t>(depth / 64)];
        word = object ? word | bit : word & ~bit;
        ++depth;
        return true;
    }
    bool in_object() const {
        return (objects[static_cast<std::size_t>((depth - 1) / 64)] >> ((depth - 1) % 64) & 1) != 0;
    }
};

void Walker::open(std::string_view text, const std::uint32_t* tokens) {
    text_ = text.data();
    next_ = tokens;
    size_ = end_ = static_cast<std::uint32_t>(text.size());
    if (scratch_.capacity() > kKept && size_ <= kKept) Buffer().swap(scratch_);
    begin_record();
}

void Walker::enter(std::size_t begin, std::size_t end) {
    while (*next_ < begin) ++next_;
    end_ = static_cast<std::uint32_t>(end);
}

void Walker::begin_record() {
    scratch_used_ = 0;
    deepest_ = 0;
    half_surrogate_.reset();
}

bool Walker::fail(const char* what) {
    fault_ = {ScanFailure::syntax, position(), what};
    return false;
}

ScanOutcome Walker::note(ScanLimits limits) const {
    if (half_surrogate_)
        return ScanError{ScanFailure::encoding, *half_surrogate_, "both halves of a surrogate pair"};
    if (deepest_ > limits.depth) return ScanError{ScanFailure::depth, too_deep_at_, "less nesting"};
    return std::nullopt;
}

std::size_t Walker::last_end() const {
    std::size_t end = position();
    while (is_blank(text_[end - 1])) --end;
    return end;
}

bool Walker::only_blanks(std::uint32_t from, std::uint32_t to) const {
    for (; from < to; ++from)
        if (!is_blank(text_[from])) return false;
    return true;
}

/// Nothing but blanks lies between a closing quote and the next token, so the quote is found from behind.
bool Walker::raw_string(std::string_view& content) {
    const std::uint32_t quote = *next_;
    std::uint32_t close = token_limit() - 1;
    while (is_blank(text_[close])) --close;
    if (close == quote || text_[close] != '"') return fail("a closing quote");
    content = {text_ + quote + 1, close - quote - 1};
    return true;
}

bool Walker::unescape_at_end(std::string_view content, std::size_t& size) {
    // Room for the whole text at once: unescaping never lengthens, and views into scratch stay where they
    // are.
    if (scratch_used_ == 0) scratch_.resize(size_);
    const Unescaped outcome = unescape(content, scratch_.data() + scratch_used_, size);
    if (outcome == Unescaped::bad_escape) return fail("a valid escape in the string");
    if (outcome == Unescaped::half_surrogate && !half_surrogate_) half_surrogate_ = *next_;
    return true;
}

bool Walker::string(std::string_view& content, bool& in_scratch) {
    if (!raw_string(content)) return false;
    in_scratch = has_backslash(content.data(), content.size());
    if (in_scratch) [[unlikely]] {
        std::size_t size = 0;
        if (!unescape_at_end(content, size)) return false;
        content = {scratch_.data() + scratch_used_, size};
        scratch_used_ += size;
    }
    advance();
    return true;
}

bool Walker::token_is(std::string_view word, std::string_view& token) {
    const std::uint32_t limit = token_limit();
    token = {text_ + *next_, word.size()};
    const auto after = static_cast<std::uint32_t>(*next_ + word.size());
    if (after > limit || token != word || !only_blanks(after, limit)) return fail("a value");
    advance();
    return true;
}

bool Walker::number(std::string_view& token) {
    const std::uint32_t limit = token_limit();
    const char* begin = text_ + *next_;
    const char* end = number_end(begin, text_ + limit);
    if (!end) return fail("a number");
    token = {begin, static_cast<std::size_t>(end - begin)};
    if (!only_blanks(static_cast<std::uint32_t>(end - text_), limit)) return fail("a number");
    advance();
    return true;
}

bool Walker::scalar(char first, std::string_view& token, Kind& kind) {
    switch (first) {
        case 't': kind = Kind::boolean; return token_is("true", token);
        case 'f': kind = Kind::boolean; return token_is("false", token);
        case 'n': kind = Kind::null; return token_is("null", token);
        default: kind = Kind::number;
    }
    if (first != '-' && !is_digit(first)) return fail("a value");
    return number(token);
}

bool Walker::leaf(char first) {
    std::string_view token;
    if (first != '"') {
        Kind kind = Kind::null;
        return scalar(first, token, kind);
    }
    if (!raw_string(token)) return false;
    std::size_t size = 0;
    if (has_backslash(token.data(), token.size()) && !unescape_at_end(token, size)) return false;
    advance();
    return true;
}

bool Walker::key_and_colon() {
    if (peek() != '"') return fail("a key in quotes");
    if (!leaf('"')) return false;
    if (peek() != ':') return fail("a colon");
    advance();
    return true;
}

/// Skips the container at the next token; `depth` others are around it.
bool Walker::container(int depth) {
    Nesting nesting;
    bool fresh = false;  // just opened: a closing bracket may follow, a comma may not
    do {
        if (nesting.depth != 0) {
            const bool object = nesting.in_object();
            const char c = peek();
            if (c == (object ? '}' : ']')) {
                advance();
                --nesting.depth;
                fresh = false;
                continue;
            }
            if (!fresh) {
                if (c != ',')
                    return fail(object ? "a comma or a closing brace" : "a comma or a closing bracket");
                advance();
            }
            if (object && !key_and_colon()) return false;
        }
        const char c = peek();
        fresh = c == '{' || c == '[';
        if (!fresh) {
            if (!leaf(c)) return false;
            continue;
        }
        const bool checked = nesting.push(c == '{');
        if (depth + nesting.depth > deepest_) {
            deepest_ = depth + nesting.depth;
            too_deep_at_ = *next_;
        }
        if (checked) {
            advance();
        } else {
            if (!skip_unchecked()) return false;
            fresh = false;
        }
    } while (nesting.depth != 0);
    return true;
}

/// What lies below kDepthMax is left again by its brackets alone: the record is too deep in any case, and its
/// neighbours can still be read.
bool Walker::skip_unchecked() {
    deepest_ = kDepthMax + 1;
    for (std::size_t open = 0; !at_end();) {
        const char c = peek();
        if (c == '{' || c == '[') ++open;
        if (c == '}' || c == ']') --open;
        advance();
        if (open == 0) return true;
    }
    fault_ = {ScanFailure::depth, position(), "less nesting"};
    return false;
}

bool Walker::value(Field& out, int depth) {
    const char c = peek();
    out.in_scratch = false;
    if (c == '"') {
        out.kind = Kind::string;
        return string(out.text, out.in_scratch);
    }
    if (c != '{' && c != '[') return scalar(c, out.text, out.kind);
    const std::uint32_t begin = *next_;
    out.kind = c == '{' ? Kind::object : Kind::array;
    if (!container(depth)) return false;
    out.text = {text_ + begin, next_[-1] + 1 - begin};
    return true;
}

bool Walker::object(std::vector<Field>& out, std::size_t bytes) {
    out.clear();
    const std::size_t begin = *next_;
    deepest_ = 1;
    too_deep_at_ = *next_;
    advance();
    if (peek() == '}') {
        advance();
        return true;
    }
    for (;;) {
        if (out.empty() || *next_ - begin <= bytes) [[likely]]
            out.emplace_back();
        Field& field = out.back();
        if (peek() != '"') return fail("a key in quotes");
        if (!string(field.key, field.key_in_scratch)) return false;
        if (peek() != ':') return fail("a colon");
        advance();
        if (!value(field, 1)) return false;
        const char c = peek();
        if (c != ',' && c != '}') return fail("a comma or a closing brace");
        advance();
        if (c == '}') return true;
    }
}

}  // namespace tillstream::json::internal
