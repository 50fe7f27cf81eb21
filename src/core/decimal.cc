#include "core/decimal.h"

#include <algorithm>
#include <array>

#include "core/assert.h"

namespace tillstream {

namespace {

constexpr int kMaxDigits = 38;

constexpr auto kPowers = [] {
    std::array<UInt128, kMaxDigits + 1> powers{};
    powers[0] = 1;
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
}();

UInt128 power(std::int64_t n) { return kPowers[static_cast<std::size_t>(n)]; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What was cut off below the last digit kept, in units of that digit: enough to round exactly.
enum class Tail : std::uint8_t { zero, below_half, half, above_half };

/// The number in the text: (coefficient + tail) * 10^exponent, with at most 38 digits in the coefficient.
struct Scanned {
    bool negative = false;
    UInt128 coefficient = 0;
    std::int64_t digits = 0;  ///< significant digits as written: leading zeros do not count, trailing ones do
    std::int64_t exponent = 0;
    Tail tail = Tail::zero;

    void add_digit(char c) {
        if (digits == 0 && c == '0') return;
        if (++digits <= kMaxDigits) {
            coefficient = coefficient * 10 + static_cast<unsigned>(c - '0');
            return;
        }
        ++exponent;
        const bool first = digits == kMaxDigits + 1;
        if (first) {
            tail = c == '0'   ? Tail::zero
                   : c < '5'  ? Tail::below_half
                   : c == '5' ? Tail::half
                              : Tail::above_half;
        } else if (c != '0') {
            if (tail == Tail::zero) tail = Tail::below_half;
            if (tail == Tail::half) tail = Tail::above_half;
        }
    }
};

/// The digits after 'e' with their sign; false if there are none or something else follows. Saturates far
/// beyond any scale, yet far below what adding the length of a text could overflow.
bool scan_exponent(std::string_view text, std::int64_t& exponent) {
    constexpr std::int64_t kSaturated = 1'000'000'000'000;
    bool negative = false;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
        negative = text[0] == '-';
        text.remove_prefix(1);
    }
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return false;
    std::int64_t value = 0;
    for (const char c : text) value = std::min(value * 10 + (c - '0'), kSaturated);
    exponent += negative ? -value : value;
    return true;
}

bool scan(std::string_view text, Scanned& number) {
    std::size_t at = 0;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
        number.negative = text[0] == '-';
        at = 1;
    }
    bool any_digit = false;
    bool after_point = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (is_digit(c)) {
            any_digit = true;
            number.add_digit(c);
            if (after_point) --number.exponent;
        } else if (c == '.' && !after_point) {
            after_point = true;
        } else {
            break;
        }
    }
    if (!any_digit) return false;
    if (at == text.size()) return true;
    return (text[at] == 'e' || text[at] == 'E') && scan_exponent(text.substr(at + 1), number.exponent);
}

UInt128 round_half_even(UInt128 quotient, Tail tail) {
    const bool up = tail == Tail::above_half || (tail == Tail::half && quotient % 2 == 1);
    return quotient + (up ? 1 : 0);
}

/// The tail once `remainder` of a division by `divisor` joins what was cut off before.
Tail tail_of(UInt128 remainder, UInt128 divisor, Tail below) {
    if (remainder == 0) return below == Tail::zero ? Tail::zero : Tail::below_half;
    const UInt128 half = divisor / 2;
    if (remainder != half) return remainder < half ? Tail::below_half : Tail::above_half;
    return below == Tail::zero ? Tail::half : Tail::above_half;
}

/// Cuts the last `count` digits into the tail.
void cut_digits(Scanned& number, std::int64_t count) {
    if (count > kMaxDigits) {
        const bool zero = number.coefficient == 0 && number.tail == Tail::zero;
        number.tail = zero ? Tail::zero : Tail::below_half;
        number.coefficient = 0;
        return;
    }
    const UInt128 divisor = power(count);
    const UInt128 remainder = number.coefficient % divisor;
    number.coefficient /= divisor;
    number.tail = tail_of(remainder, divisor, number.tail);
}

/// A double prints in 17 digits, the shortest form of most in 16 or fewer; 15 are what it holds for certain,
/// so what a producer computed in binary comes back as the decimal it meant.
void undo_printed_double(Scanned& number) {
    constexpr int kCertain = 15;
    if (number.digits != 16 && number.digits != 17) return;
    const std::int64_t surplus = number.digits - kCertain;
    cut_digits(number, surplus);
    number.coefficient = round_half_even(number.coefficient, number.tail);
    number.tail = Tail::zero;
    number.exponent += surplus;
    number.digits = number.coefficient == power(kCertain) ? kCertain + 1 : kCertain;
}

}  // namespace

Int128 pow10(int n) {
    TILLSTREAM_ASSERT(n >= 0 && n <= kMaxDigits);
    return static_cast<Int128>(power(n));
}

Int128 decimal_limit(int precision) { return pow10(precision) - 1; }

DecimalParse parse_decimal(std::string_view text, const DecimalFormat& format, Int128& value) {
    Scanned number;
    if (!scan(text, number)) return DecimalParse::type;
    if (number.digits == 0) {
        value = 0;
        return DecimalParse::ok;
    }
    undo_printed_double(number);

    const std::int64_t kept_digits = std::min<std::int64_t>(number.digits, kMaxDigits);
    const std::int64_t shift = number.exponent + format.scale;
    if (kept_digits + shift > format.precision) return DecimalParse::range;
    if (shift > 0) {
        // A tail means 38 digits are kept, and those plus a shift are beyond every precision.
        number.coefficient *= power(shift);
    } else if (shift < 0) {
        cut_digits(number, -shift);
    }
    if (number.tail != Tail::zero) {
        if (!format.round) return DecimalParse::scale;
        number.coefficient = round_half_even(number.coefficient, number.tail);
    }
    const auto magnitude = static_cast<Int128>(number.coefficient);
    if (magnitude > decimal_limit(format.precision)) return DecimalParse::range;
    value = number.negative ? -magnitude : magnitude;
    return DecimalParse::ok;
}

namespace {

/// Sign, 39 digits, the point and two zeros: the longest text of any 128-bit value.
using DecimalText = std::array<char, 48>;

/// Digits of `magnitude`, at least `least` of them, right-aligned before `end`; returns where they start.
char* write_digits(char* end, UInt128 magnitude, int least) {
    // 128-bit division is slow: 19 digits at a time.
    constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000U;
    char* at = end;
    while (magnitude > 0) {
        const bool last = magnitude < kChunk;
        auto low = static_cast<std::uint64_t>(last ? magnitude : magnitude % kChunk);
        magnitude = last ? 0 : magnitude / kChunk;
        for (int i = 0; i < 19 && (low > 0 || !last); ++i, low /= 10)
            *--at = static_cast<char>('0' + low % 10);
    }
    while (end - at < least) *--at = '0';
    return at;
}

UInt128 magnitude_of(Int128 value) {
    return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

}  // namespace

void append_decimal(std::string& out, Int128 value, int scale) {
    constexpr int kLeastDecimals = 2;
    TILLSTREAM_ASSERT(scale >= 0 && scale <= kMaxDigits);
    DecimalText text;
    char* const end = text.data() + text.size();
    char* const start = write_digits(end, magnitude_of(value), scale + 1);
    char* const point = end - scale;
    char* last = end;
    while (last - point > kLeastDecimals && last[-1] == '0') --last;

    if (value < 0) out.push_back('-');
    out.append(start, point);
    out.push_back('.');
    out.append(point, last);
    for (int decimals = scale; decimals < kLeastDecimals; ++decimals) out.push_back('0');
}

std::string format_decimal(Int128 value, int scale) {
    std::string text;
    append_decimal(text, value, scale);
    return text;
}

std::string format_int128(Int128 value) {
    DecimalText text;
    char* const end = text.data() + text.size();
    char* start = write_digits(end, magnitude_of(value), 1);
    if (value < 0) *--start = '-';
    return std::string(start, end);
}

}  // namespace tillstream
