// decode_time.h - dates and times in the forms that producers send.
//
// Source:  FACES "Decode": M/D/YYYY H:MM[:SS], D-M-YYYY H:MM[:SS], ISO date or date-time (blank or T, seconds
//          and a fraction of up to 6 digits optional, no zone, Z, " UTC" or an offset of hours and minutes).
// Range:   years 1 to 9999, in UTC too.
#pragma once

#include <cstdint>
#include <string_view>

#include "contract/internal/decode_number.h"
#include "core/time.h"
#include "timezone/zone.h"

namespace tillstream::decode {

/// `format` if the text has none of the forms, `range` if the day, hour or offset does not exist.
Outcome timestamp(std::string_view text, ZoneCursor& zone, Timestamp& value);

/// The same dates without a time, or with midnight and no offset, as some tools write a date.
Outcome date(std::string_view text, std::int32_t& days);

}  // namespace tillstream::decode
