#include "contract/internal/decode_time.h"

namespace tillstream::decode {

namespace {

constexpr std::int64_t kMicrosPerMinute = 60'000'000;

/// A text read as one of the forms, before anything is checked against the calendar.
struct WrittenTime {
    CivilTime civil;
    bool has_time = false;
    bool has_zone = false;
    int offset_minutes = 0;
    bool offset_exists = true;
};

/// Reads along a text; every method fails without moving if its piece is not there.
class Reader {
public:
    explicit Reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    bool done() const { return at_ == end_; }
    bool literal(char c) {
        if (done() || *at_ != c) return false;
        ++at_;
        return true;
    }
    bool literal(std::string_view text) {
        if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, text.size()) != text)
            return false;
        at_ += text.size();
        return true;
    }
    /// `least` to `most` digits, and no digit after them. Returns how many, 0 if not there.
    int number(int least, int most, int& value) {
        int count = 0, read = 0;
        const char* at = at_;
        for (; at != end_ && *at >= '0' && *at <= '9'; ++at) {
            if (++count > most) return 0;
            read = read * 10 + (*at - '0');
        }
        if (count < least) return 0;
        at_ = at;
        value = read;
        return count;
    }

private:
    const char* at_;
    const char* end_;
};

/// M/D/YYYY, D-M-YYYY or YYYY-MM-DD; `iso` tells which rules the time follows.
bool read_date(Reader& in, CivilTime& civil, bool& iso) {
    int first = 0, second = 0;
    const int width = in.number(1, 4, first);
    if (width == 4) {
        iso = true;
        civil.year = first;
        return in.literal('-') && in.number(2, 2, civil.month) && in.literal('-') &&
               in.number(2, 2, civil.day);
    }
    if (width == 0 || width > 2) return false;
    const bool month_first = in.literal('/');
    const char separator = month_first ? '/' : '-';
    if (!month_first && !in.literal('-')) return false;
    if (!in.number(1, 2, second) || !in.literal(separator) || !in.number(4, 4, civil.year)) return false;
    civil.month = month_first ? first : second;
    civil.day = month_first ? second : first;
    return true;
}

bool read_clock(Reader& in, CivilTime& civil, bool iso) {
    if (!in.number(iso ? 2 : 1, 2, civil.hour) || !in.literal(':') || !in.number(2, 2, civil.minute))
        return false;
    if (!in.literal(':')) return true;
    if (!in.number(2, 2, civil.second)) return false;
    if (!iso || !in.literal('.')) return true;
    int width = in.number(1, 6, civil.micros);
    if (width == 0) return false;
    for (; width < 6; ++width) civil.micros *= 10;
    return true;
}

bool read_zone(Reader& in, WrittenTime& time) {
    if (in.done()) return true;
    time.has_zone = true;
    if (in.literal('Z') || in.literal(" UTC")) return true;
    const bool east = in.literal('+');
    if (!east && !in.literal('-')) return false;
    int hours = 0, minutes = 0;
    if (!in.number(2, 2, hours) || !in.literal(':') || !in.number(2, 2, minutes)) return false;
    time.offset_exists = hours <= 23 && minutes <= 59;
    time.offset_minutes = (hours * 60 + minutes) * (east ? 1 : -1);
    return true;
}

bool read_time(std::string_view text, WrittenTime& time, bool& iso) {
    Reader in(text);
    if (!read_date(in, time.civil, iso)) return false;
    if (in.done()) return true;
    time.has_time = true;
    if (!in.literal(' ') && !(iso && in.literal('T'))) return false;
    if (!read_clock(in, time.civil, iso)) return false;
    return (!iso || read_zone(in, time)) && in.done();
}

bool exists(const WrittenTime& time) {
    const CivilTime& civil = time.civil;
    return is_valid_date(civil.year, civil.month, civil.day) && civil.hour <= 23 && civil.minute <= 59 &&
           civil.second <= 59 && time.offset_exists;
}

bool in_years(Timestamp at) {
    static const Timestamp first = to_timestamp({.year = 1, .month = 1, .day = 1});
    static const Timestamp last = to_timestamp({9999, 12, 31, 23, 59, 59, 999'999});
    return at >= first && at <= last;
}

}  // namespace

Outcome timestamp(std::string_view text, ZoneCursor& zone, Timestamp& value) {
    WrittenTime time;
    bool iso = false;
    if (!read_time(text, time, iso) || (!iso && !time.has_time)) return Outcome::format;
    if (!exists(time)) return Outcome::range;
    const std::int64_t local = to_timestamp(time.civil).micros;
    const Timestamp at = time.has_zone ? Timestamp{local - time.offset_minutes * kMicrosPerMinute}
                                       : zone.to_utc(LocalTime{local});
    if (!in_years(at)) return Outcome::range;
    value = at;
    return Outcome::ok;
}

Outcome date(std::string_view text, std::int32_t& days) {
    WrittenTime time;
    bool iso = false;
    if (!read_time(text, time, iso) || time.offset_minutes != 0) return Outcome::format;
    if (!exists(time)) return Outcome::range;
    const CivilTime& civil = time.civil;
    if (civil.hour != 0 || civil.minute != 0 || civil.second != 0 || civil.micros != 0)
        return Outcome::format;
    days = days_from_civil(civil.year, civil.month, civil.day);
    return Outcome::ok;
}

}  // namespace tillstream::decode
