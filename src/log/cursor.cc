#include "log/internal/cursor.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <span>

namespace tillstream::journal {

namespace {

constexpr std::string_view kJournal = "j1.";
constexpr std::string_view kSealed = "s1.";
constexpr std::size_t kUuidDigits = 8;
constexpr std::int64_t kHourMicros = std::int64_t{3600} * 1'000'000;

/// Exactly so many hexadecimal numbers, with a dot between two.
bool read_numbers(std::string_view text, std::span<std::uint64_t> numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::size_t end = i + 1 < numbers.size() ? text.find('.') : text.size();
        if (end == std::string_view::npos || end == 0) return false;
        const auto [stop, bad] = std::from_chars(text.data(), text.data() + end, numbers[i], 16);
        if (bad != std::errc() || stop != text.data() + end) return false;
        text.remove_prefix(i + 1 < numbers.size() ? end + 1 : end);
    }
    return true;
}

std::optional<ReadPlace> read_place(std::string_view form, std::string_view text) {
    std::array<std::uint64_t, 6> n{};
    const bool sealed = form == kSealed;
    if (!read_numbers(text, std::span(n).first(sealed ? 6 : 2)) || n[1] > UINT32_MAX || n[4] > UINT32_MAX)
        return std::nullopt;
    ReadPlace place;
    place.at = {Lsn{n[0]}, static_cast<std::uint32_t>(n[1])};
    if (!sealed) return place;
    if (n[3] > static_cast<std::uint64_t>(INT64_MAX / kHourMicros)) return std::nullopt;
    place.sealed = {Lsn{n[2]},
                    {Timestamp{static_cast<std::int64_t>(n[3]) * kHourMicros},
                     SourceId{static_cast<std::uint32_t>(n[4])}, Offset{n[5]}}};
    return place;
}

}  // namespace

Timestamp hour_of(Timestamp at) {
    std::int64_t rest = at.micros % kHourMicros;
    if (rest < 0) rest += kHourMicros;
    return Timestamp{at.micros - rest};
}

std::string encode_cursor(const Cursor& cursor, const LogUuid& uuid) {
    return fmt::format("{}{}.{:x}.{:x}", kJournal, uuid.hex().substr(0, kUuidDigits), cursor.next.value,
                       cursor.batch);
}

std::string encode_place(const ReadPlace& place, const LogUuid& uuid) {
    if (!place.sealed) return encode_cursor(place.at, uuid);
    const SealedKey& key = place.sealed->key;
    return fmt::format("{}{}.{:x}.{:x}.{:x}.{:x}.{:x}.{:x}", kSealed, uuid.hex().substr(0, kUuidDigits),
                       place.at.next.value, place.at.batch, place.sealed->to.value,
                       key.hour.micros / kHourMicros, key.source.value, key.offset.value);
}

Result<ReadPlace> decode_place(std::string_view text, const LogUuid& uuid) {
    if (text.empty()) return ReadPlace{};
    const std::string_view form = text.substr(0, kJournal.size());
    const std::size_t numbers_at = kJournal.size() + kUuidDigits + 1;
    std::optional<ReadPlace> place;
    if ((form == kJournal || form == kSealed) && text.size() > numbers_at && text[numbers_at - 1] == '.')
        place = read_place(form, text.substr(numbers_at));
    if (!place) return failure(Errc::invalid_argument, fmt::format("'{}' is no log cursor", text));
    if (text.substr(kJournal.size(), kUuidDigits) != uuid.hex().substr(0, kUuidDigits))
        return failure(Errc::corruption,
                       fmt::format("cursor '{}' belongs to another log than {}: rebuild the sink "
                                   "that holds it",
                                   text, uuid.hex()));
    return *place;
}

}  // namespace tillstream::journal
