// toml.h - a TOML document as a plain tree in which every key and value knows its line and column.
//
// Place:   contract and option files report "file:line: key: problem".
// Order:   members in the order of the file; tables of an array too.
// Errors:  invalid_argument "file:line: what is wrong" for a syntax error (doubled keys included).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace tillstream {

/// From 1, columns in bytes; 0 is unknown.
struct TomlPlace {
    std::size_t line = 0;
    std::size_t column = 0;
    friend constexpr auto operator<=>(const TomlPlace&, const TomlPlace&) = default;
};

struct TomlMember;

struct TomlValue {
    enum class Kind : std::uint8_t { string, integer, real, boolean, date_time, array, table };

    Kind kind = Kind::table;
    TomlPlace place;
    std::string text;  ///< string: the content; date_time: as written
    std::int64_t integer = 0;
    double real = 0;
    bool boolean = false;
    std::vector<TomlValue> items;
    std::vector<TomlMember> members;

    /// Null if absent.
    const TomlMember* find(std::string_view key) const;
};

struct TomlMember {
    std::string key;
    TomlPlace key_place;
    TomlValue value;
};

/// "string", "integer", ... as a message names it.
std::string_view to_string(TomlValue::Kind kind);

/// `file` is used in messages only.
Result<TomlValue> parse_toml(std::string_view text, const std::string& file);

/// "file:line: key: problem"
std::string toml_problem(const std::string& file, TomlPlace place, std::string_view key,
                         std::string_view problem);

}  // namespace tillstream
