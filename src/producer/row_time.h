// row_time.h - the time of a row, read just well enough to choose rows by it.
//
// Forms:  M/D/YYYY H:MM[:SS], D-M-YYYY H:MM[:SS], YYYY-MM-DD, and YYYY-MM-DD (blank or T)
//         HH:MM[:SS[.ffffff]] with or without Z, " UTC" or ±HH:MM. A time without zone is UTC.
// Why:    the sender must not share the decoder of what it tests.
#pragma once

#include <optional>
#include <string_view>

#include "core/time.h"

namespace tillstream {

std::optional<Timestamp> read_row_time(std::string_view text);

}  // namespace tillstream
