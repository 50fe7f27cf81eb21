#include "formats/internal/broken.h"

#include <fmt/format.h>

#include "codec/charset.h"

namespace tillstream {
namespace internal {
namespace {

constexpr std::size_t kShown = 40;

}  // namespace

std::string shown(std::string_view text, std::size_t size) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = utf8_character_length(text);
        if (out.size() + (length == 0 ? 1 : length) > size) break;
        if (length == 0)
            out += '?';
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

BrokenRecord broken(const json::ScanError& error, std::string_view text, int depth_max) {
    std::string found = shown(text.substr(error.offset), kShown);
    switch (error.failure) {
        case json::ScanFailure::syntax: return {FieldErrorCode::syntax, error.what, std::move(found)};
        case json::ScanFailure::encoding: return {FieldErrorCode::encoding, error.what, std::move(found)};
        case json::ScanFailure::depth:
            return {FieldErrorCode::depth, fmt::format("at most {} levels", depth_max), std::move(found)};
        case json::ScanFailure::not_object: return {FieldErrorCode::type, "object", std::move(found)};
    }
    return {};
}

BrokenRecord too_large(std::string_view raw, std::size_t bytes_max) {
    return {FieldErrorCode::size, fmt::format("at most {} bytes", bytes_max),
            fmt::format("{} bytes", raw.size())};
}

BrokenRecord not_utf8(std::string_view raw) {
    std::size_t at = 0;
    while (at < raw.size() && utf8_character_length(raw.substr(at)) != 0)
        at += utf8_character_length(raw.substr(at));
    return {FieldErrorCode::encoding, "valid text",
            fmt::format("byte 0x{:02X} at {}", static_cast<unsigned char>(raw[at]), at)};
}

}  // namespace internal

FieldError field_error(const BrokenRecord& broken) {
    return {broken.code, "", broken.expected, broken.found};
}

}  // namespace tillstream
