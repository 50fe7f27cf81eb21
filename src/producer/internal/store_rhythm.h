// store_rhythm.h - when a store sells: its week of busy and quiet hours, laid over the days of a simulation.
//
// How:    each hour of the week has a weight; a share of the whole weight is a moment. Whole numbers only.
// Rule:   all hours with sales lie between 7:00 and 21:00 UTC, so that an invoice never leaves its day.
#pragma once

#include <array>
#include <cstdint>

namespace tillstream::internal {

class StoreRhythm {
public:
    /// Opening hours, busiest hour and closed day follow the store's number; store 0 is closed on Saturdays,
    /// every fifth one never. Where the closed day is all there is of `days`, it is not closed.
    StoreRhythm(std::uint32_t store, std::int32_t first_day, std::uint64_t days);

    /// Seconds since 1970 when `part` of the `whole` that `days` sell has been sold; beyond it the weeks go
    /// on. Never falls as part grows.
    std::int64_t second_at(std::uint64_t part, std::uint64_t whole) const;

private:
    static constexpr std::size_t kHours = 7 * 24;

    void weigh(std::uint32_t store, std::int32_t first_day, bool closes);
    std::uint64_t weight_of(std::uint64_t days) const;

    std::int64_t first_second_;
    std::uint64_t days_;
    /// Weight before each hour of a week that begins on the first day.
    std::array<std::uint64_t, kHours + 1> before_{};
};

}  // namespace tillstream::internal
