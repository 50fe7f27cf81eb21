#include "ports/position.h"

#include <fmt/format.h>

#include <charconv>

namespace tillstream {

namespace {

constexpr std::string_view kVersion = "p1";
constexpr char kEntryMark = '.';
constexpr char kOffsetMark = '-';

template <class T>
bool take_hex(std::string_view& text, T& number) {
    const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (bad != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    return true;
}

bool take(std::string_view& text, char mark) {
    if (text.empty() || text.front() != mark) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::string encode_position(const Position& position) {
    std::string token(kVersion);
    for (const SourceOffset& entry : position)
        fmt::format_to(std::back_inserter(token), "{}{:x}{}{:x}", kEntryMark, entry.source.value, kOffsetMark,
                       entry.next.value);
    return token;
}

Result<Position> decode_position(std::string_view token) {
    Position position;
    std::string_view rest = token;
    bool well_formed = rest.starts_with(kVersion);
    if (well_formed) rest.remove_prefix(kVersion.size());
    while (well_formed && !rest.empty()) {
        SourceOffset entry;
        well_formed = take(rest, kEntryMark) && take_hex(rest, entry.source.value) &&
                      take(rest, kOffsetMark) && take_hex(rest, entry.next.value);
        position.push_back(entry);
    }
    // One position has one token: what would be written differently (leading zeros, capitals) was not written
    // by us.
    if (!well_formed || encode_position(position) != token)
        return failure(
            Errc::invalid_argument,
            fmt::format("'{}' is no position: pass back the token of an answer", token.substr(0, 120)));
    return position;
}

}  // namespace tillstream
