// log_filter.h - picks lines of the program's log and writes them for people.
//
// Input:   lines as core/log.h writes them. Anything else (a crash report, another program's line) is kept as
//          it is, unless the filter asks for something only a log line has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/log.h"
#include "core/time.h"

namespace tillstream::app {

struct LogFilter {
    LogLevel least = LogLevel::debug;
    std::string component = {};                          ///< empty: any
    std::string request_id = {};                         ///< of the line's fields; empty: any
    std::string text = {};                               ///< anywhere in the line; empty: any
    std::optional<Timestamp> since = std::nullopt;  ///< inclusive
    std::optional<Timestamp> until = std::nullopt;  ///< exclusive

    /// The line as it is to be printed, without line end; nothing if it is not wanted.
    std::optional<std::string> pick(std::string_view line, bool as_json) const;

private:
    bool wants_any_line() const;
};

}  // namespace tillstream::app
