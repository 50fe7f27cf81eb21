#include "doors/http/internal/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace tillstream::http_door {

namespace {

constexpr std::size_t kQuotedMax = 120;

/// YYYY-MM-DD as its first moment.
std::optional<Timestamp> parse_date(std::string_view text) {
    if (text.size() != 10) return std::nullopt;
    return parse_rfc3339(std::string(text) + "T00:00:00Z");
}

}  // namespace

Result<std::uint64_t> number_parameter(const RequestHead& head, std::string_view name,
                                       const NumberBounds& bounds) {
    const auto text = head.query.find(name);
    if (!text) return bounds.fallback;
    std::uint64_t number = 0;
    const auto [end, bad] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (bad == std::errc{} && end == text->data() + text->size() && number >= bounds.min &&
        number <= bounds.max)
        return number;
    return failure(Errc::invalid_argument,
                   fmt::format("query parameter {} is a whole number from {} to {}, not '{}'", name,
                               bounds.min, bounds.max, text->substr(0, kQuotedMax)));
}

Result<std::optional<Timestamp>> time_parameter(const RequestHead& head, std::string_view name) {
    const auto text = head.query.find(name);
    if (!text) return std::optional<Timestamp>{};
    // An offset's '+' that was not escaped has been read as a blank.
    std::string written(*text);
    std::replace(written.begin(), written.end(), ' ', '+');
    auto time = parse_rfc3339(written);
    if (!time) time = parse_date(written);
    if (time) return time;
    return failure(Errc::invalid_argument,
                   fmt::format("query parameter {} is a time like 2010-12-01T08:26:00Z or a date like "
                               "2010-12-01, not '{}'",
                               name, text->substr(0, kQuotedMax)));
}

std::string_view text_parameter(const RequestHead& head, std::string_view name) {
    return head.query.find(name).value_or("");
}

}  // namespace tillstream::http_door
