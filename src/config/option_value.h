// option_value.h - the types an option can have, and their text: 64MiB, 5s, true, 127.0.0.1:8080.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/result.h"

namespace tillstream {

/// Text: a count with B, KiB, MiB, GiB, TiB (powers of 1024) or kB, MB, GB, TB (of 1000); a bare count is
///       bytes.
struct ByteSize {
    std::uint64_t bytes = 0;
    friend constexpr auto operator<=>(ByteSize, ByteSize) = default;
};

/// Text: host:port, [v6]:port. Port 0 lets the system pick one. The host is not resolved here.
struct Address {
    std::string host;
    std::uint16_t port = 0;
    friend bool operator==(const Address&, const Address&) = default;
};

/// Text: a count with us, ms, s, m, h or d.
using Duration = std::chrono::microseconds;

using OptionValue = std::variant<std::string, std::int64_t, ByteSize, Duration, bool, Address>;

/// A value of the type that `like` has. invalid_argument: "'80' is no address; write host:port".
Result<OptionValue> parse_option_value(std::string_view text, const OptionValue& like);

/// The shortest text that parse_option_value reads back.
std::string format_option_value(const OptionValue& value);

/// "text", "integer", "size", "duration", "bool", "address"
std::string_view option_type_name(const OptionValue& value);

}  // namespace tillstream
