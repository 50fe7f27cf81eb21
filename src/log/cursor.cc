#include "log/internal/cursor.h"

#include <fmt/format.h>

#include <charconv>

namespace tillstream::journal {

namespace {

constexpr std::string_view kPrefix = "j1.";
constexpr std::size_t kUuidDigits = 8;

template <class T>
bool read_hex(std::string_view text, T& number) {
    const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    return bad == std::errc() && stop == text.data() + text.size();
}

}  // namespace

std::string encode_cursor(const Cursor& cursor, const LogUuid& uuid) {
    return fmt::format("{}{}.{:x}.{:x}", kPrefix, uuid.hex().substr(0, kUuidDigits), cursor.next.value,
                       cursor.batch);
}

Result<Cursor> decode_cursor(std::string_view text, const LogUuid& uuid) {
    if (text.empty()) return Cursor{};
    const std::size_t lsn_at = kPrefix.size() + kUuidDigits + 1;
    const std::size_t dot = text.rfind('.');
    Cursor cursor;
    const bool shaped = text.starts_with(kPrefix) && text.size() > lsn_at && dot > lsn_at &&
                        dot != std::string_view::npos && text[lsn_at - 1] == '.' &&
                        read_hex(text.substr(lsn_at, dot - lsn_at), cursor.next.value) &&
                        read_hex(text.substr(dot + 1), cursor.batch);
    if (!shaped) return failure(Errc::invalid_argument, fmt::format("'{}' is no log cursor", text));
    const std::string_view owner = text.substr(kPrefix.size(), kUuidDigits);
    if (owner != uuid.hex().substr(0, kUuidDigits))
        return failure(Errc::corruption,
                       fmt::format("cursor '{}' belongs to another log than {}: rebuild the sink "
                                   "that holds it",
                                   text, uuid.hex()));
    return cursor;
}

}  // namespace tillstream::journal
