// quirks.h - what makes a simulated shop's records as odd as a real one's; each can be switched by its name.
//
// Source:  the oddities of a real year of retail sales, and of the programs that export and post it.
// Note:    a quirk is legal input, all of which the built-in contract must accept. What must be refused is
//          no quirk but a corrupt record (SimulationOptions::corrupt_share).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.h"

namespace tillstream {

enum class Quirk : std::uint8_t {
    cancellations,
    write_offs,
    bad_debts,
    missing_customers,
    missing_descriptions,
    zero_prices,
    service_codes,
    case_variants,
    repeated_codes,
    equal_lines,
    two_minutes,
    long_invoices,
    extreme_quantities,
    two_countries,
    several_descriptions,
    quotes,
    commas,
    backslashes,
    non_ascii,
    blanks,
    price_forms,
    date_forms,
    key_styles,
    text_numbers,
    number_codes,
    float_ids,
    escaped_slashes,
    absent_fields,
};
inline constexpr std::size_t kQuirks = 28;

class QuirkSet {
public:
    constexpr QuirkSet() = default;
    static constexpr QuirkSet all() { return QuirkSet((std::uint32_t{1} << kQuirks) - 1); }
    static constexpr QuirkSet none() { return QuirkSet(0); }

    constexpr bool has(Quirk quirk) const { return (bits_ & bit(quirk)) != 0; }
    constexpr QuirkSet with(Quirk quirk) const { return QuirkSet(bits_ | bit(quirk)); }
    constexpr QuirkSet without(Quirk quirk) const { return QuirkSet(bits_ & ~bit(quirk)); }
    constexpr std::uint32_t bits() const { return bits_; }
    friend constexpr bool operator==(QuirkSet, QuirkSet) = default;

private:
    constexpr explicit QuirkSet(std::uint32_t bits) : bits_(bits) {}
    static constexpr std::uint32_t bit(Quirk quirk) {
        return std::uint32_t{1} << static_cast<std::uint32_t>(quirk);
    }

    std::uint32_t bits_ = 0;
};

/// "two-minutes".
std::string_view to_string(Quirk quirk);
/// What the quirk does, for people.
std::string_view meaning_of(Quirk quirk);

/// "all", "none", or names with commas between them. invalid_argument names the unknown one and its nearest.
Result<QuirkSet> parse_quirks(std::string_view text);

}  // namespace tillstream
