#include "contract/internal/decode_number.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace tillstream::decode {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

/// [sign] digits [. digits] [e [sign] digits], at least one digit before or after the point.
struct NumberParts {
    bool negative = false;
    std::string_view whole;
    std::string_view fraction;
    std::string_view exponent;  ///< with its sign; empty if there is none
};

bool split_number(std::string_view text, NumberParts& parts) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        parts.negative = text[0] == '-';
        text.remove_prefix(1);
    }
    const std::size_t e = text.find_first_of("eE");
    if (e != text.npos) {
        parts.exponent = text.substr(e + 1);
        text = text.substr(0, e);
        std::string_view digits = parts.exponent;
        if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
        if (digits.empty() || !all_digits(digits)) return false;
    }
    const std::size_t point = text.find('.');
    parts.whole = text.substr(0, point);
    if (point != text.npos) parts.fraction = text.substr(point + 1);
    return parts.whole.size() + parts.fraction.size() > 0 && all_digits(parts.whole) &&
           all_digits(parts.fraction);
}

std::string_view without_trailing_zeros(std::string_view digits) {
    while (!digits.empty() && digits.back() == '0') digits.remove_suffix(1);
    return digits;
}

std::string_view without_leading_zeros(std::string_view digits) {
    while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
    return digits;
}

/// Digits of 19 or fewer characters always fit 64 bits unsigned.
Outcome integer_of(bool negative, std::string_view digits, std::int64_t& value) {
    constexpr std::size_t kAlwaysFits = 19;
    digits = without_leading_zeros(digits);
    if (digits.size() > kAlwaysFits) return Outcome::range;
    std::uint64_t magnitude = 0;
    for (const char c : digits) magnitude = magnitude * 10 + static_cast<std::uint64_t>(c - '0');
    const std::uint64_t limit =
        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + (negative ? 1 : 0);
    if (magnitude > limit) return Outcome::range;
    value = negative ? static_cast<std::int64_t>(0 - magnitude) : static_cast<std::int64_t>(magnitude);
    return Outcome::ok;
}

int exponent_of(std::string_view text) {
    constexpr int kSaturated = 1 << 20;  // beyond the digits any record holds
    const bool negative = text[0] == '-';
    if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
    int value = 0;
    for (const char c : text) value = std::min(value * 10 + (c - '0'), kSaturated);
    return negative ? -value : value;
}

/// The plain digits of an integer written with point or exponent; false if it has a fraction. Digits beyond
/// kMaxDigits are not written out: `too_long` is set instead.
bool expand_integer(const NumberParts& parts, std::string& digits, bool& too_long) {
    constexpr std::size_t kMaxDigits = 40;
    const std::string_view fraction = without_trailing_zeros(parts.fraction);
    const int exponent = parts.exponent.empty() ? 0 : exponent_of(parts.exponent);
    digits.assign(parts.whole).append(fraction);
    const std::size_t first = digits.find_first_not_of('0');
    if (first == digits.npos) {
        digits = "0";
        return true;
    }
    digits.erase(0, first);
    const std::int64_t shift =
        static_cast<std::int64_t>(exponent) - static_cast<std::int64_t>(fraction.size());
    if (shift < 0) {
        const auto cut = static_cast<std::size_t>(-shift);
        if (cut >= digits.size() || digits.find_last_not_of('0') >= digits.size() - cut) return false;
        digits.resize(digits.size() - cut);
    }
    too_long = digits.size() + static_cast<std::size_t>(std::max<std::int64_t>(shift, 0)) > kMaxDigits;
    if (!too_long && shift > 0) digits.append(static_cast<std::size_t>(shift), '0');
    return true;
}

}  // namespace

Outcome int64(std::string_view text, std::int64_t& value) {
    constexpr std::size_t kFast = 18;
    const bool negative = !text.empty() && text[0] == '-';
    const std::string_view digits = text.substr(negative ? 1 : 0);
    if (!digits.empty() && digits.size() <= kFast && all_digits(digits)) [[likely]]
        return integer_of(negative, digits, value);
    NumberParts parts;
    if (!split_number(text, parts)) return Outcome::type;
    if (parts.exponent.empty() && without_trailing_zeros(parts.fraction).empty())
        return integer_of(parts.negative, parts.whole, value);
    std::string plain;  // exponents are rare
    bool too_long = false;
    if (!expand_integer(parts, plain, too_long)) return Outcome::type;
    return too_long ? Outcome::range : integer_of(parts.negative, plain, value);
}

namespace {

/// Up to 15 digits and no exponent: the whole of what shops send. False leaves it to parse_decimal.
bool fast_decimal(std::string_view text, const DataType& type, Int128& value) {
    constexpr int kMostDigits = 15;
    static constexpr std::int64_t kPowers[] = {1,       10,        100,        1'000,       10'000,
                                               100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};
    const bool negative = !text.empty() && text[0] == '-';
    std::int64_t magnitude = 0;
    int digits = 0, decimals = -1;
    for (const char c : text.substr(negative ? 1 : 0)) {
        if (is_digit(c)) {
            magnitude = magnitude * 10 + (c - '0');
            ++digits;
            decimals += decimals >= 0 ? 1 : 0;
        } else if (c == '.' && decimals < 0) {
            decimals = 0;
        } else {
            return false;
        }
        if (digits > kMostDigits) return false;
    }
    const int shift = type.scale - std::max(decimals, 0);
    if (digits == 0 || shift < 0 || shift > 9 || digits + shift > std::min(type.precision, 18)) return false;
    magnitude *= kPowers[shift];
    value = negative ? -magnitude : magnitude;
    return true;
}

}  // namespace

Outcome decimal(std::string_view text, const Column& column, Int128& value) {
    if (fast_decimal(text, column.type, value)) [[likely]]
        return Outcome::ok;
    switch (parse_decimal(text, {column.type.precision, column.type.scale, column.round}, value)) {
        case DecimalParse::ok: return Outcome::ok;
        case DecimalParse::type: return Outcome::type;
        case DecimalParse::scale: return Outcome::scale;
        case DecimalParse::range: return Outcome::range;
    }
    return Outcome::type;
}

Outcome float64(std::string_view text, double& value) {
    NumberParts parts;
    if (!split_number(text, parts)) return Outcome::type;
    if (text[0] == '+') text.remove_prefix(1);
    double parsed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error == std::errc::result_out_of_range) {
        const bool tiny = !parts.exponent.empty() && parts.exponent[0] == '-';
        if (!tiny) return Outcome::range;
        parsed = parts.negative ? -0.0 : 0.0;
    } else if (error != std::errc() || end != text.data() + text.size()) {
        return Outcome::type;
    }
    value = parsed;
    return Outcome::ok;
}

std::string_view number_digits(std::string_view text, std::string& scratch) {
    if (all_digits(text)) [[likely]]
        return text;
    NumberParts parts;
    bool too_long = false;
    if (!split_number(text, parts) || !expand_integer(parts, scratch, too_long) || too_long) return text;
    if (parts.negative && scratch != "0") scratch.insert(0, 1, '-');
    return scratch;
}

bool is_integer_text(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    return !text.empty() && all_digits(text);
}

}  // namespace tillstream::decode
