// decimal.h - exact decimal numbers as scaled integers: money from the text to the last sum.
//
// Source:  FACES "Decode" (what text is accepted) and "Conventions" (how a decimal is written).
// Limits:  at most 38 digits, as DECIMAL(38,s) of SQL; anything larger is out of range, never wrapped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tillstream {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

/// Largest magnitude of a decimal(p,s), scaled: 10^precision - 1.
Int128 decimal_limit(int precision);
/// 10^n for n in 0..38.
Int128 pow10(int n);

enum class DecimalParse : std::uint8_t {
    ok,
    type,   ///< not a decimal number (comma, currency sign, NaN, empty)
    scale,  ///< digits that are not zero beyond the scale
    range,  ///< more digits than the precision holds
};

struct DecimalFormat {
    int precision = 18;
    int scale = 4;
    bool round = false;  ///< half even instead of DecimalParse::scale
};

/// Reads sign, digits, '.', exponent into value * 10^scale; ".5" and "5." are numbers. 16 or 17 significant
/// digits are taken for a printed double and rounded to 15 first, half even (2.5499999999999998 is 2.55).
/// Leading zeros are not significant, trailing ones are: no double prints them. Too many digits before the
/// point are `range` even if there are some beyond the scale too. No allocation. `value` is unchanged unless
/// ok.
DecimalParse parse_decimal(std::string_view text, const DecimalFormat& format, Int128& value);

/// At least two decimals, further trailing zeros cut, no exponent: 2.55, 18.00, 0.001.
std::string format_decimal(Int128 value, int scale);
void append_decimal(std::string& out, Int128 value, int scale);
/// Every digit of a plain integer of any width.
std::string format_int128(Int128 value);

}  // namespace tillstream
