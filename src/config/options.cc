#include "config/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/nearest_name.h"
#include "core/assert.h"

namespace tillstream {

namespace {

constexpr std::string_view kVariablePrefix = "TILLSTREAM_";

OptionValue value_of(const OptionTarget& target) {
    return std::visit([](const auto* at) { return OptionValue(*at); }, target);
}

void store(const OptionTarget& target, const OptionValue& value) {
    std::visit([&](auto* at) { *at = std::get<std::remove_pointer_t<decltype(at)>>(value); }, target);
}

/// The number behind a value, for bounds; texts, bools and addresses have none.
std::optional<std::int64_t> magnitude(const OptionValue& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
    if (const auto* size = std::get_if<ByteSize>(&value)) return static_cast<std::int64_t>(size->bytes);
    if (const auto* duration = std::get_if<Duration>(&value)) return duration->count();
    return std::nullopt;
}

std::optional<OptionValue> parse_bound(const std::string& text, const OptionValue& like) {
    if (text.empty()) return std::nullopt;
    auto bound = parse_option_value(text, like);
    TILLSTREAM_ASSERT(bound.has_value() && magnitude(*bound).has_value());
    return std::move(*bound);
}

std::string bounds_text(const OptionSpec& spec) {
    if (!spec.choices.empty()) return fmt::format("{}", fmt::join(spec.choices, ", "));
    if (spec.min.empty() && spec.max.empty()) return "";
    if (spec.max.empty()) return "at least " + spec.min;
    if (spec.min.empty()) return "at most " + spec.max;
    return spec.min + " to " + spec.max;
}

void add_line(std::string& text, std::string_view line) {
    if (!text.empty()) text += '\n';
    text += line;
}

Status problems_or_ok(std::string problems) {
    if (problems.empty()) return {};
    return failure(Errc::invalid_argument, std::move(problems));
}

/// Null if the file's value cannot be an option's.
std::optional<std::string> text_of(const TomlValue& value) {
    switch (value.kind) {
        case TomlValue::Kind::string: return value.text;
        case TomlValue::Kind::integer: return fmt::format("{}", value.integer);
        case TomlValue::Kind::boolean: return value.boolean ? "true" : "false";
        default: return std::nullopt;
    }
}

/// As part of a variable's name.
std::string in_variable(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (c == '.' || c == '-')
            text += '_';
        else
            text += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return text;
}

std::string section_prefix(const OptionSpec& spec) {
    return std::string(kVariablePrefix) + in_variable(spec.section) + "_";
}

bool holds(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string OptionSet::variable_name(const OptionSpec& spec) {
    return section_prefix(spec) + in_variable(spec.key);
}

void OptionSet::add(OptionSpec spec) {
    TILLSTREAM_ASSERT(find(spec.name()) == nullptr && (spec.flag.empty() || find(spec.flag) == nullptr));
    Option option{std::move(spec), {}, {}, {}};
    option.default_value = value_of(option.spec.target);
    option.min = parse_bound(option.spec.min, option.default_value);
    option.max = parse_bound(option.spec.max, option.default_value);
    options_.push_back(std::move(option));
    Option& added = options_.back();
    TILLSTREAM_ASSERT(
        assign(added, format_option_value(added.default_value), OptionOrigin::built_in, "default").empty());
}

OptionSet::Option* OptionSet::find(std::string_view name) {
    const auto found = std::find_if(options_.begin(), options_.end(), [&](const Option& option) {
        return option.spec.name() == name || (!option.spec.flag.empty() && option.spec.flag == name);
    });
    return found == options_.end() ? nullptr : &*found;
}

std::string OptionSet::assign(Option& option, std::string_view text, OptionOrigin origin,
                              std::string origin_text) {
    auto value = parse_option_value(text, option.default_value);
    if (!value) return fmt::format("{}: {}", option.spec.name(), value.error().message);
    const bool low = option.min && magnitude(*value) < magnitude(*option.min);
    const bool high = option.max && magnitude(*value) > magnitude(*option.max);
    if (low || high)
        return fmt::format("{}: {} is out of bounds: {}", option.spec.name(), text, bounds_text(option.spec));
    if (!option.spec.choices.empty() && !holds(option.spec.choices, text))
        return fmt::format("{}: '{}' is none of {}{}", option.spec.name(), text, bounds_text(option.spec),
                           suggestion(text, option.spec.choices));
    if (origin < option.origin) return "";
    store(option.spec.target, *value);
    option.origin = origin;
    option.origin_text = std::move(origin_text);
    return "";
}

Status OptionSet::read_file(const TomlValue& root, const std::string& file) {
    std::string problems;
    read_table(root, "", file, problems);
    return problems_or_ok(std::move(problems));
}

void OptionSet::read_table(const TomlValue& table, const std::string& path, const std::string& file,
                           std::string& problems) {
    for (const TomlMember& member : table.members) {
        const std::string name = path.empty() ? member.key : path + "." + member.key;
        if (!holds(left_tables_, name)) read_member(member, name, file, problems);
    }
}

void OptionSet::read_member(const TomlMember& member, const std::string& path, const std::string& file,
                            std::string& problems) {
    const auto in_section = [&](const Option& option) {
        return option.spec.section == path || option.spec.section.starts_with(path + ".");
    };
    if (Option* option = path.find('.') == path.npos ? nullptr : find(path)) {
        const auto text = text_of(member.value);
        const std::string problem =
            text ? assign(*option, *text, OptionOrigin::file,
                          fmt::format("{}:{}", file, member.key_place.line))
                 : fmt::format("{}: expected a {}, found a {}", path, option_type_name(option->default_value),
                               to_string(member.value.kind));
        if (!problem.empty())
            add_line(problems, fmt::format("{}:{}: {}", file, member.key_place.line, problem));
        return;
    }
    const bool leads_on = std::any_of(left_tables_.begin(), left_tables_.end(),
                                      [&](const std::string& left) { return left.starts_with(path + "."); });
    if (member.value.kind == TomlValue::Kind::table &&
        (leads_on || std::any_of(options_.begin(), options_.end(), in_section)))
        return read_table(member.value, path, file, problems);
    std::vector<std::string> names = left_tables_;
    for (const Option& option : options_) {
        names.push_back(option.spec.name());
        names.push_back(option.spec.section);
    }
    add_line(problems,
             toml_problem(file, member.key_place, path, "unknown option" + suggestion(path, names)));
}

bool OptionSet::in_known_section(std::string_view variable) const {
    return std::any_of(options_.begin(), options_.end(), [&](const Option& option) {
        return variable.starts_with(section_prefix(option.spec));
    });
}

/// Names are compared without the prefix that all of them share: it would make any two short ones alike.
void OptionSet::note_foreign_variable(const std::string& name) {
    std::vector<std::string> names;
    for (const Option& option : options_)
        names.push_back(variable_name(option.spec).substr(kVariablePrefix.size()));
    const auto nearest = nearest_name(std::string_view(name).substr(kVariablePrefix.size()), names);
    foreign_variables_.push_back(
        nearest ? fmt::format("{}; did you mean '{}{}'?", name, kVariablePrefix, *nearest) : name);
}

Status OptionSet::read_environment(std::span<const std::pair<std::string, std::string>> variables) {
    foreign_variables_.clear();
    std::vector<std::string> names = left_variables_;
    for (const Option& option : options_) names.push_back(variable_name(option.spec));
    std::string problems;
    for (const auto& [name, value] : variables) {
        if (!name.starts_with(kVariablePrefix) || holds(left_variables_, name)) continue;
        const auto found = std::find_if(options_.begin(), options_.end(), [&](const Option& option) {
            return variable_name(option.spec) == name;
        });
        if (found == options_.end()) {
            if (in_known_section(name))
                add_line(problems, fmt::format("{}: unknown option{}", name, suggestion(name, names)));
            else
                note_foreign_variable(name);
            continue;
        }
        const std::string problem = assign(*found, value, OptionOrigin::environment, name);
        if (!problem.empty()) add_line(problems, fmt::format("{}: {}", name, problem));
    }
    return problems_or_ok(std::move(problems));
}

Result<std::vector<std::string>> OptionSet::read_flags(std::span<const std::string> arguments) {
    std::vector<std::string> rest;
    std::string problems;
    for (std::size_t at = 0; at < arguments.size();) {
        const std::string& argument = arguments[at];
        if (argument == "--") {
            rest.insert(rest.end(), arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1, arguments.end());
            break;
        }
        if (!argument.starts_with("--")) {
            rest.push_back(argument);
            ++at;
            continue;
        }
        auto used = read_flag(arguments, at);
        if (!used) add_line(problems, used.error().message);
        at += used.value_or(1);
    }
    TILLSTREAM_CHECK(problems_or_ok(std::move(problems)));
    return rest;
}

/// How many arguments the flag took.
Result<std::size_t> OptionSet::read_flag(std::span<const std::string> arguments, std::size_t at) {
    const std::string_view flag = std::string_view(arguments[at]).substr(2);
    const std::size_t equals = flag.find('=');
    const std::string name(flag.substr(0, equals));
    Option* option = find(name);
    if (option == nullptr) {
        std::vector<std::string> names;
        for (const Option& known : options_) {
            names.push_back(known.spec.name());
            if (!known.spec.flag.empty()) names.push_back(known.spec.flag);
        }
        return failure(Errc::invalid_argument,
                       fmt::format("--{}: unknown option{}", name, suggestion(name, names)));
    }
    std::size_t used = 1;
    std::string value = "true";
    if (equals != flag.npos) {
        value = flag.substr(equals + 1);
    } else if (!std::holds_alternative<bool>(option->default_value)) {
        if (at + 1 == arguments.size())
            return failure(Errc::invalid_argument, fmt::format("--{}: a value must follow", name));
        value = arguments[at + 1];
        used = 2;
    }
    const std::string problem = assign(*option, value, OptionOrigin::flag, "--" + name);
    if (!problem.empty()) return failure(Errc::invalid_argument, fmt::format("--{}: {}", name, problem));
    return used;
}

std::vector<OptionSetting> OptionSet::settings() const {
    std::vector<OptionSetting> settings;
    for (const Option& option : options_) {
        std::string value = format_option_value(value_of(option.spec.target));
        if (option.spec.secret && !value.empty()) value = "***";
        settings.push_back({.name = option.spec.name(),
                            .value = std::move(value),
                            .origin = option.origin_text,
                            .type = std::string(option_type_name(option.default_value)),
                            .unit = option.spec.unit,
                            .default_value = format_option_value(option.default_value),
                            .bounds = bounds_text(option.spec),
                            .description = option.spec.description});
    }
    return settings;
}

std::string OptionSet::markdown() const {
    std::vector<std::string> sections;
    for (const Option& option : options_)
        if (!holds(sections, option.spec.section)) sections.push_back(option.spec.section);
    std::string page;
    for (const std::string& section : sections) {
        page += fmt::format(
            "{}## {}\n\n| option | type | default | bounds | meaning |\n| --- | --- | --- | --- | --- |\n",
            page.empty() ? "" : "\n", section);
        for (const Option& option : options_) {
            if (option.spec.section != section) continue;
            const std::string flag =
                option.spec.flag.empty() ? "" : fmt::format(" (`--{}`)", option.spec.flag);
            const std::string text = format_option_value(option.default_value);
            const std::string unit = option.spec.unit.empty() ? "" : " " + option.spec.unit;
            page += fmt::format("| `{}`{} | {} | {} | {} | {} |\n", option.spec.name(), flag,
                                option_type_name(option.default_value),
                                text.empty() ? "" : "`" + text + "`" + unit, bounds_text(option.spec),
                                option.spec.description);
        }
    }
    return page;
}

}  // namespace tillstream
