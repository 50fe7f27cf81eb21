#include "config/toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <toml.hpp>

namespace tillstream {

namespace {

using Parsed = ::toml::basic_value<::toml::discard_comments>;

class TreeBuilder {
public:
    explicit TreeBuilder(std::string_view text) {
        for (std::size_t start = 0; start <= text.size();) {
            const std::size_t end = std::min(text.find('\n', start), text.size());
            lines_.push_back(text.substr(start, end - start));
            start = end + 1;
        }
    }

    TomlValue build(const Parsed& from) const {
        TomlValue value;
        value.place = place_of(from);
        switch (from.type()) {
            case ::toml::value_t::boolean:
                value.kind = TomlValue::Kind::boolean;
                value.boolean = from.as_boolean();
                break;
            case ::toml::value_t::integer:
                value.kind = TomlValue::Kind::integer;
                value.integer = from.as_integer();
                break;
            case ::toml::value_t::floating:
                value.kind = TomlValue::Kind::real;
                value.real = from.as_floating();
                break;
            case ::toml::value_t::string:
                value.kind = TomlValue::Kind::string;
                value.text = from.as_string().str;
                break;
            case ::toml::value_t::array: fill_array(value, from); break;
            case ::toml::value_t::table: fill_table(value, from); break;
            default: fill_date_time(value, from); break;
        }
        return value;
    }

private:
    static TomlPlace place_of(const Parsed& from) {
        const ::toml::source_location at = from.location();
        return {at.line(), at.column()};
    }

    void fill_array(TomlValue& value, const Parsed& from) const {
        value.kind = TomlValue::Kind::array;
        for (const Parsed& item : from.as_array()) value.items.push_back(build(item));
    }

    static void fill_date_time(TomlValue& value, const Parsed& from) {
        value.kind = TomlValue::Kind::date_time;
        std::ostringstream written;
        written << from;
        value.text = written.str();
    }

    /// The library keeps tables unordered and forgets where keys stood.
    void fill_table(TomlValue& value, const Parsed& from) const {
        value.kind = TomlValue::Kind::table;
        for (const auto& [key, member] : from.as_table()) {
            TomlValue built = build(member);
            const TomlPlace place = key_place(key, built);
            value.members.push_back({key, place, std::move(built)});
        }
        std::sort(value.members.begin(), value.members.end(),
                  [](const TomlMember& a, const TomlMember& b) { return a.key_place < b.key_place; });
    }

    /// The last occurrence of the key before its value on the value's line. An array of tables starts at its
    /// first.
    TomlPlace key_place(const std::string& key, const TomlValue& value) const {
        const TomlValue& first = value.kind == TomlValue::Kind::array && !value.items.empty() &&
                                         value.items.front().kind == TomlValue::Kind::table
                                     ? value.items.front()
                                     : value;
        const TomlPlace at = first.place;
        if (at.line == 0 || at.line > lines_.size()) return at;
        const std::string_view line = lines_[at.line - 1];
        const bool header =
            first.kind == TomlValue::Kind::table && at.column <= line.size() && line[at.column - 1] == '[';
        const std::size_t found = line.rfind(key, header ? std::string_view::npos : at.column);
        return {at.line, found == std::string_view::npos ? at.column : found + 1};
    }

    std::vector<std::string_view> lines_;
};

/// The library's message is a drawing of the place over many lines; its first line says what is wrong.
std::string first_line(std::string_view drawing) {
    std::string_view line = drawing.substr(0, drawing.find('\n'));
    for (const std::string_view prefix : {"[error] ", "toml::"})
        if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
    return std::string(line);
}

}  // namespace

const TomlMember* TomlValue::find(std::string_view key) const {
    const auto found =
        std::find_if(members.begin(), members.end(), [&](const TomlMember& m) { return m.key == key; });
    return found == members.end() ? nullptr : &*found;
}

std::string_view to_string(TomlValue::Kind kind) {
    switch (kind) {
        case TomlValue::Kind::string: return "string";
        case TomlValue::Kind::integer: return "integer";
        case TomlValue::Kind::real: return "float";
        case TomlValue::Kind::boolean: return "boolean";
        case TomlValue::Kind::date_time: return "date or time";
        case TomlValue::Kind::array: return "array";
        case TomlValue::Kind::table: return "table";
    }
    return "";
}

Result<TomlValue> parse_toml(std::string_view text, const std::string& file) {
    try {
        std::istringstream in{std::string(text)};
        const Parsed parsed = ::toml::parse<::toml::discard_comments>(in, file);
        return TreeBuilder(text).build(parsed);
    } catch (const ::toml::exception& error) {
        return failure(Errc::invalid_argument,
                       fmt::format("{}:{}: {}", file, error.location().line(), first_line(error.what())));
    } catch (const std::exception& error) {
        return failure(Errc::invalid_argument, fmt::format("{}: {}", file, first_line(error.what())));
    }
}

std::string toml_problem(const std::string& file, TomlPlace place, std::string_view key,
                         std::string_view problem) {
    return fmt::format("{}:{}: {}: {}", file, place.line, key, problem);
}

}  // namespace tillstream
