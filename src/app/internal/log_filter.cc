#include "app/internal/log_filter.h"

#include <fmt/format.h>

#include "json/value.h"

namespace tillstream::app {

namespace {

/// Of a line as the log writes it.
struct LogLine {
    std::string time;
    LogLevel level = LogLevel::info;
    std::string component;
    std::string message;
    std::vector<json::Member> fields;

    std::optional<std::string_view> field(std::string_view name) const {
        for (const auto& [known, value] : fields)
            if (known == name) return value.text;
        return std::nullopt;
    }
};

std::string text_of(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value != nullptr ? std::string(value->as_string().value_or("")) : "";
}

std::optional<LogLine> parse_line(std::string_view text) {
    const auto object = json::parse(text);
    if (!object || object->kind != json::Kind::object) return std::nullopt;
    const auto level = log_level_named(text_of(*object, "level"));
    LogLine line{text_of(*object, "ts"),
                 level.value_or(LogLevel::info),
                 text_of(*object, "component"),
                 text_of(*object, "msg"),
                 {}};
    if (!level || line.time.empty()) return std::nullopt;
    if (const json::Value* fields = object->find("fields")) line.fields = fields->members;
    return line;
}

std::string for_people(const LogLine& line) {
    std::string text = fmt::format("{} {:<5} ", line.time, to_string(line.level));
    if (!line.component.empty()) text += line.component + ": ";
    text += line.message;
    for (const auto& [name, value] : line.fields) {
        const bool quoted = value.kind == json::Kind::string && value.text.find(' ') != std::string::npos;
        const std::string_view mark = quoted ? "\"" : "";
        text += fmt::format(" {}={}{}{}", name, mark, value.is_null() ? "null" : value.text, mark);
    }
    // What a message carried must not forge a second line here either.
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    return text;
}

}  // namespace

bool LogFilter::wants_any_line() const {
    return least == LogLevel::debug && component.empty() && request_id.empty() && !since && !until;
}

std::optional<std::string> LogFilter::pick(std::string_view line_text, bool as_json) const {
    if (line_text.find(text) == std::string_view::npos) return std::nullopt;
    const auto line = parse_line(line_text);
    if (!line) return wants_any_line() ? std::optional<std::string>(line_text) : std::nullopt;
    if (line->level < least || (!component.empty() && line->component != component)) return std::nullopt;
    if (!request_id.empty() && line->field("request_id") != request_id) return std::nullopt;
    const auto at = parse_rfc3339(line->time);
    if ((since && (!at || *at < *since)) || (until && (!at || *at >= *until))) return std::nullopt;
    return as_json ? std::string(line_text) : for_people(*line);
}

}  // namespace tillstream::app
