#include "producer/simulation_options.h"

#include <fmt/format.h>

#include <charconv>

#include "core/time.h"

namespace tillstream {

namespace {

constexpr std::uint64_t kRowsMax = 1'000'000'000;
constexpr std::uint64_t kDaysMax = 36'525;
constexpr int kLastYear = 2200;

bool is_share(double share) { return share >= 0 && share <= 1; }

Status check_time(const SimulationOptions& o) {
    if (o.days > kDaysMax) {
        return failure(Errc::invalid_argument, fmt::format("{} days: give 1 to {}", o.days, kDaysMax));
    }
    const SimulationPace pace = pace_of(o);
    const std::uint64_t days = o.days > 0 ? o.days : o.rows * pace.days / pace.rows;
    if (days > kDaysMax) {
        return failure(Errc::invalid_argument,
                       fmt::format("{} rows of {} stores take {} days: give more stores, or the days", o.rows,
                                   o.stores, days));
    }
    if (o.first_day < 0 || o.first_day > days_from_civil(kLastYear, 1, 1)) {
        return failure(Errc::invalid_argument,
                       fmt::format("the first day lies outside 1970 to {}", kLastYear));
    }
    return {};
}

}  // namespace

SimulationPace pace_of(const SimulationOptions& o) {
    if (o.days > 0) return {o.rows, o.days};
    return {std::uint64_t{7} * o.stores * kRowsPerDay, 7};
}

Status check_options(const SimulationOptions& o) {
    if (o.stores == 0 || o.stores > 10'000) {
        return failure(Errc::invalid_argument, fmt::format("{} stores: give 1 to 10000", o.stores));
    }
    if (o.products == 0 || o.products > 1'000'000) {
        return failure(Errc::invalid_argument, fmt::format("{} products: give 1 to 1000000", o.products));
    }
    if (o.rows > kRowsMax) {
        return failure(Errc::invalid_argument, fmt::format("{} rows: give at most {}", o.rows, kRowsMax));
    }
    if (!is_share(o.late_share) || !is_share(o.repeat_share) || !is_share(o.corrupt_share)) {
        return failure(Errc::invalid_argument, "a share lies outside 0 to 1");
    }
    return check_time(o);
}

Result<double> parse_share(std::string_view text) {
    constexpr std::size_t kTextMax = 30;
    const bool percent = text.ends_with('%');
    const std::string_view digits = percent ? text.substr(0, text.size() - 1) : text;
    double share = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), share, std::chars_format::fixed);
    if (percent) share /= 100;
    if (error != std::errc() || end != digits.data() + digits.size() || !is_share(share)) {
        return failure(Errc::invalid_argument,
                       fmt::format("'{}' is no share; write 2% or 0.02", text.substr(0, kTextMax)));
    }
    return share;
}

}  // namespace tillstream
