#include "producer/row_time.h"

namespace tillstream {

namespace {

constexpr std::int64_t kMicrosPerMinute = 60'000'000;

class TimeText {
public:
    explicit TimeText(std::string_view text) : rest_(text) {}

    bool number(int& value, std::size_t digits_max) {
        std::size_t digits = 0;
        value = 0;
        while (digits < rest_.size() && digits < digits_max && rest_[digits] >= '0' && rest_[digits] <= '9') {
            value = value * 10 + (rest_[digits++] - '0');
        }
        rest_.remove_prefix(digits);
        return digits > 0;
    }
    bool skip(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool ends() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

bool read_date(TimeText& text, CivilTime& at) {
    int first = 0, second = 0, third = 0;
    if (!text.number(first, 4)) return false;
    const char separator = text.rest().starts_with('/') ? '/' : '-';
    if (!text.skip(separator) || !text.number(second, 2) || !text.skip(separator) || !text.number(third, 4))
        return false;
    if (separator == '/') {
        at.month = first, at.day = second, at.year = third;
    } else if (first > 31) {
        at.year = first, at.month = second, at.day = third;
    } else {
        at.day = first, at.month = second, at.year = third;
    }
    return at.year >= 1 && at.year <= 9999 && is_valid_date(at.year, at.month, at.day);
}

bool read_clock(TimeText& text, CivilTime& at) {
    if (!text.number(at.hour, 2) || !text.skip(':') || !text.number(at.minute, 2)) return false;
    if (text.skip(':') && !text.number(at.second, 2)) return false;
    if (text.skip('.')) {
        for (int unit = 100'000, digit = 0; text.number(digit, 1); unit /= 10) at.micros += digit * unit;
    }
    return at.hour < 24 && at.minute < 60 && at.second < 60;
}

/// Minutes ahead of UTC.
bool read_zone(TimeText& text, int& minutes) {
    if (text.ends() || text.rest() == "Z" || text.rest() == " UTC") return true;
    const bool behind = text.skip('-');
    int hours = 0, rest = 0;
    if (!behind && !text.skip('+')) return false;
    if (!text.number(hours, 2) || !text.skip(':') || !text.number(rest, 2) || !text.ends()) return false;
    minutes = (hours * 60 + rest) * (behind ? -1 : 1);
    return true;
}

}  // namespace

std::optional<Timestamp> read_row_time(std::string_view whole) {
    TimeText text(whole);
    CivilTime at;
    int ahead = 0;
    if (!read_date(text, at)) return std::nullopt;
    if (!text.ends()) {
        if (!text.skip(' ') && !text.skip('T')) return std::nullopt;
        if (!read_clock(text, at) || !read_zone(text, ahead)) return std::nullopt;
    }
    return Timestamp{to_timestamp(at).micros - ahead * kMicrosPerMinute};
}

}  // namespace tillstream
