#include "json/internal/structure.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "core/assert.h"

namespace tillstream::json::internal {
namespace {

constexpr std::size_t kSmallest = 64 << 10;
/// The index takes four bytes for each byte of capacity, most of them never touched.
constexpr std::size_t kKept = 4 << 20;

const std::uint8_t* bytes(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

/// Where an indexing error shows. Only run for texts that are refused anyway.
ScanError locate(std::string_view text) {
    std::size_t opened = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (!in_string) {
            if (c == '"') opened = i;
            in_string = c == '"';
        } else if (c == '\\') {
            ++i;
        } else if (c == '"') {
            in_string = false;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            return {ScanFailure::syntax, i, "an escaped control character or a closing quote"};
        }
    }
    return {ScanFailure::syntax, opened, "a closing quote"};
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Length of the piece of at most `size` bytes that ends on a character border.
std::size_t whole_characters(std::string_view text, std::size_t size) {
    if (size >= text.size()) return text.size();
    for (std::size_t back = 0; back < 4 && back < size; ++back)
        if (!continues(text[size - back])) return size - back;
    return size;
}

bool valid(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

/// Length of the character at the start, 0 if there is none.
std::size_t character(std::string_view text) {
    for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size)
        if (valid(text.substr(0, size))) return size;
    return 0;
}

std::size_t first_invalid(std::string_view text) {
    constexpr std::size_t kStride = 4096;
    std::string_view rest = text;
    while (!rest.empty() && valid(rest.substr(0, whole_characters(rest, kStride))))
        rest.remove_prefix(whole_characters(rest, kStride));
    while (!rest.empty()) {
        const std::size_t size = character(rest);
        if (size == 0) break;
        rest.remove_prefix(size);
    }
    return text.size() - rest.size();
}

}  // namespace

struct Structure::Impl {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;

    void fit(std::size_t size) {
        if (parser && parser->capacity() >= size && (parser->capacity() <= kKept || size > kKept)) return;
        parser.reset();
        const std::size_t capacity = std::bit_ceil(std::max(size, kSmallest));
        auto error =
            simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, parser);
        TILLSTREAM_ASSERT(error == simdjson::SUCCESS);  // fails only without memory
    }
};

Structure::Structure() : impl_(std::make_unique<Impl>()) {}
Structure::~Structure() = default;

ScanOutcome Structure::index(std::string_view text) {
    if (text.size() >= std::numeric_limits<std::int32_t>::max())
        return ScanError{ScanFailure::syntax, 0, "a text below 2 GiB"};
    if (text.empty()) return ScanError{ScanFailure::syntax, 0, "a value"};
    impl_->fit(text.size());
    auto error = impl_->parser->stage1(bytes(text), text.size(), simdjson::stage1_mode::regular);
    if (error == simdjson::SUCCESS) return std::nullopt;
    if (error == simdjson::EMPTY) return ScanError{ScanFailure::syntax, text.size(), "a value"};
    if (!valid(text)) return ScanError{ScanFailure::encoding, first_invalid(text), "UTF-8"};
    return locate(text);
}

const std::uint32_t* Structure::tokens() const { return impl_->parser->structural_indexes.get(); }

}  // namespace tillstream::json::internal
