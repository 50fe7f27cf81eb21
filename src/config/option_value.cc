#include "config/option_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>

namespace tillstream {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array kByteUnits = {
    Unit{"TiB", 1ULL << 40},
    Unit{"GiB", 1ULL << 30},
    Unit{"MiB", 1ULL << 20},
    Unit{"KiB", 1ULL << 10},
    Unit{"TB", 1'000'000'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"MB", 1'000'000},
    Unit{"kB", 1'000},
    Unit{"B", 1},
};

constexpr std::array kTimeUnits = {
    Unit{"d", 86'400'000'000}, Unit{"h", 3'600'000'000}, Unit{"m", 60'000'000},
    Unit{"s", 1'000'000},      Unit{"ms", 1'000},        Unit{"us", 1},
};

template <class T>
std::optional<T> whole_number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// A count and a unit; nullopt if it is none or does not fit 63 bits.
std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const Unit> units,
                                       bool bare_allowed) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto count = whole_number<std::uint64_t>(text.substr(0, digits));
    if (!count) return std::nullopt;
    std::string_view unit = text.substr(digits);
    while (unit.starts_with(' ')) unit.remove_prefix(1);
    std::uint64_t factor = unit.empty() && (bare_allowed || *count == 0) ? 1 : 0;
    for (const Unit& known : units)
        if (known.name == unit) factor = known.factor;
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (factor == 0 || *count > kMost / factor) return std::nullopt;
    return *count * factor;
}

/// In the largest unit that leaves no remainder.
std::string in_units(std::uint64_t value, std::span<const Unit> units, std::string_view zero) {
    if (value == 0) return std::string(zero);
    for (const Unit& unit : units)
        if (value % unit.factor == 0) return fmt::format("{}{}", value / unit.factor, unit.name);
    return "";
}

std::optional<Address> parse_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    const auto port = whole_number<std::uint16_t>(text.substr(colon + 1));
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (!port || host.empty() || (!bracketed && host.find_first_of(":[]") != host.npos)) return std::nullopt;
    return Address{std::string(host), *port};
}

Result<OptionValue> refused(std::string_view text, std::string_view what, std::string_view write) {
    return failure(Errc::invalid_argument, fmt::format("'{}' is no {}; write {}", text, what, write));
}

struct ValueParser {
    std::string_view text;

    Result<OptionValue> operator()(const std::string&) const { return OptionValue(std::string(text)); }
    Result<OptionValue> operator()(std::int64_t) const {
        if (const auto value = whole_number<std::int64_t>(text)) return OptionValue(*value);
        return refused(text, "integer", "digits, with a sign if need be");
    }
    Result<OptionValue> operator()(ByteSize) const {
        if (const auto value = with_unit(text, kByteUnits, true)) return OptionValue(ByteSize{*value});
        return refused(text, "size", "a count with B, KiB, MiB, GiB or TiB, like 64MiB");
    }
    Result<OptionValue> operator()(Duration) const {
        if (const auto value = with_unit(text, kTimeUnits, false))
            return OptionValue(Duration(static_cast<std::int64_t>(*value)));
        return refused(text, "duration", "a count with us, ms, s, m, h or d, like 5s");
    }
    Result<OptionValue> operator()(bool) const {
        if (text == "true" || text == "1") return OptionValue(true);
        if (text == "false" || text == "0") return OptionValue(false);
        return refused(text, "bool", "true or false");
    }
    Result<OptionValue> operator()(const Address&) const {
        if (auto value = parse_address(text)) return OptionValue(std::move(*value));
        return refused(text, "address", "host:port or [v6]:port");
    }
};

struct ValueFormatter {
    std::string operator()(const std::string& value) const { return value; }
    std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
    std::string operator()(ByteSize value) const { return in_units(value.bytes, kByteUnits, "0B"); }
    std::string operator()(Duration value) const {
        return in_units(static_cast<std::uint64_t>(value.count()), kTimeUnits, "0s");
    }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const Address& value) const {
        const bool v6 = value.host.find(':') != std::string::npos;
        return v6 ? fmt::format("[{}]:{}", value.host, value.port)
                  : fmt::format("{}:{}", value.host, value.port);
    }
};

}  // namespace

Result<OptionValue> parse_option_value(std::string_view text, const OptionValue& like) {
    return std::visit(ValueParser{text}, like);
}

std::string format_option_value(const OptionValue& value) { return std::visit(ValueFormatter{}, value); }

std::string_view option_type_name(const OptionValue& value) {
    static constexpr std::array<std::string_view, 6> kNames = {"text",     "integer", "size",
                                                               "duration", "bool",    "address"};
    return kNames[value.index()];
}

}  // namespace tillstream
