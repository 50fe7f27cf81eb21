#include "core/time.h"

#include <array>
#include <charconv>
#include <chrono>

namespace tillstream {

namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr std::int64_t kMicrosPerDay = 24 * 60 * kMicrosPerMinute;

std::chrono::year_month_day civil_date(std::int32_t days) {
    return std::chrono::year_month_day(std::chrono::sys_days(std::chrono::days(days)));
}

void append_padded(std::string& out, int value, std::size_t width) {
    std::array<char, 12> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    const auto length = static_cast<std::size_t>(end - digits.data());
    if (length < width) out.append(width - length, '0');
    out.append(digits.data(), length);
}

void append_date(std::string& out, int year, int month, int day) {
    append_padded(out, year, 4);
    out.push_back('-');
    append_padded(out, month, 2);
    out.push_back('-');
    append_padded(out, day, 2);
}

/// Takes fixed pieces off the front of a text; once one is missing, everything after fails too.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool ok() const { return ok_; }
    bool at_end() const { return text_.empty(); }
    char peek() const { return text_.empty() ? '\0' : text_.front(); }

    void literal(char expected) {
        ok_ = ok_ && peek() == expected && !text_.empty();
        if (ok_) text_.remove_prefix(1);
    }
    bool digit_ahead() const { return peek() >= '0' && peek() <= '9'; }
    int digit() {
        ok_ = ok_ && digit_ahead();
        if (!ok_) return 0;
        const int value = text_.front() - '0';
        text_.remove_prefix(1);
        return value;
    }
    int number(int width, int least, int most) {
        int value = 0;
        for (int i = 0; i < width; ++i) value = value * 10 + digit();
        ok_ = ok_ && value >= least && value <= most;
        return value;
    }

private:
    std::string_view text_;
    bool ok_ = true;
};

int scan_fraction(Scanner& in) {
    if (in.peek() != '.') return 0;
    in.literal('.');
    int micros = in.digit();
    int width = 1;
    for (; width < 6 && in.digit_ahead(); ++width) micros = micros * 10 + in.digit();
    for (; width < 6; ++width) micros *= 10;
    return micros;
}

/// Minutes east of UTC.
int scan_offset(Scanner& in) {
    if (in.peek() == 'Z') {
        in.literal('Z');
        return 0;
    }
    const int sign = in.peek() == '-' ? -1 : 1;
    in.literal(sign < 0 ? '-' : '+');
    const int hours = in.number(2, 0, 23);
    in.literal(':');
    return sign * (hours * 60 + in.number(2, 0, 59));
}

}  // namespace

bool is_valid_date(int year, int month, int day) {
    using namespace std::chrono;
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return false;
    return year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                          std::chrono::day(static_cast<unsigned>(day)))
        .ok();
}

std::int32_t days_from_civil(int year, int month, int day) {
    using namespace std::chrono;
    const year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                              std::chrono::day(static_cast<unsigned>(day)));
    return sys_days(date).time_since_epoch().count();
}

Timestamp to_timestamp(const CivilTime& civil) {
    const std::int64_t days = days_from_civil(civil.year, civil.month, civil.day);
    const std::int64_t seconds = civil.hour * 3600 + civil.minute * 60 + civil.second;
    return {days * kMicrosPerDay + seconds * kMicrosPerSecond + civil.micros};
}

CivilTime to_civil(Timestamp at) {
    std::int64_t days = at.micros / kMicrosPerDay;
    std::int64_t rest = at.micros % kMicrosPerDay;
    if (rest < 0) {
        rest += kMicrosPerDay;
        --days;
    }
    const auto date = civil_date(static_cast<std::int32_t>(days));
    const auto seconds = static_cast<int>(rest / kMicrosPerSecond);
    return {.year = static_cast<int>(date.year()),
            .month = static_cast<int>(static_cast<unsigned>(date.month())),
            .day = static_cast<int>(static_cast<unsigned>(date.day())),
            .hour = seconds / 3600,
            .minute = seconds / 60 % 60,
            .second = seconds % 60,
            .micros = static_cast<int>(rest % kMicrosPerSecond)};
}

void append_timestamp(std::string& out, Timestamp at) {
    const CivilTime civil = to_civil(at);
    append_date(out, civil.year, civil.month, civil.day);
    out.push_back('T');
    append_padded(out, civil.hour, 2);
    out.push_back(':');
    append_padded(out, civil.minute, 2);
    out.push_back(':');
    append_padded(out, civil.second, 2);
    if (civil.micros != 0) {
        out.push_back('.');
        append_padded(out, civil.micros, 6);
        while (out.back() == '0') out.pop_back();
    }
    out.push_back('Z');
}

std::string format_timestamp(Timestamp at) {
    std::string text;
    append_timestamp(text, at);
    return text;
}

std::string format_date(std::int32_t days) {
    const auto date = civil_date(days);
    std::string text;
    append_date(text, static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
                static_cast<int>(static_cast<unsigned>(date.day())));
    return text;
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
    Scanner in(text);
    CivilTime civil;
    civil.year = in.number(4, 1, 9999);
    in.literal('-');
    civil.month = in.number(2, 1, 12);
    in.literal('-');
    civil.day = in.number(2, 1, 31);
    in.literal('T');
    civil.hour = in.number(2, 0, 23);
    in.literal(':');
    civil.minute = in.number(2, 0, 59);
    in.literal(':');
    civil.second = in.number(2, 0, 59);
    civil.micros = scan_fraction(in);
    const int offset = scan_offset(in);
    if (!in.ok() || !in.at_end() || !is_valid_date(civil.year, civil.month, civil.day)) return std::nullopt;

    const Timestamp at{to_timestamp(civil).micros - offset * kMicrosPerMinute};
    // An offset can push the first or last day of the range out of it, where no text could name it.
    const int year = to_civil(at).year;
    if (year < 1 || year > 9999) return std::nullopt;
    return at;
}

}  // namespace tillstream
