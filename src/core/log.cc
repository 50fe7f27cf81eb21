#include "core/log.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cmath>
#include <iterator>
#include <map>
#include <mutex>

#include "core/env.h"

namespace tillstream {

struct Logger::Sink {
    explicit Sink(Format chosen, LogLevel least) : format(chosen) { level_of("", least); }

    Level& level_of(std::string_view component, LogLevel fresh) {
        const auto found = levels.find(component);
        return found != levels.end() ? found->second
                                     : levels.try_emplace(std::string(component), fresh).first->second;
    }

    const Format format;
    spdlog::sinks::stderr_sink_mt transport;
    std::mutex mutex;  ///< of the map, not of the levels in it
    std::map<std::string, Level, std::less<>> levels;
};

std::string_view to_string(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warn: return "warn";
        case LogLevel::error: return "error";
    }
    return "error";
}

std::optional<LogLevel> log_level_named(std::string_view name) {
    for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error})
        if (name == to_string(level)) return level;
    return std::nullopt;
}

namespace {

/// Length of the well-formed UTF-8 sequence at the front of a text that is not empty; 0 if there is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    // The second byte excludes overlong forms, surrogates and what lies beyond U+10FFFF.
    const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < low || byte(1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    return length;
}

/// `text` without control characters and broken UTF-8, so that no content can forge a line or spoil the JSON.
void append_escaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const char c = text.front();
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            out.append("\\ufffd");
        } else if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out.append(text.substr(0, length));
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
}

void append_quoted(std::string& out, std::string_view text) {
    out.push_back('"');
    append_escaped(out, text);
    out.push_back('"');
}

struct ValueWriter {
    std::string& out;

    void operator()(std::string_view text) const { append_quoted(out, text); }
    void operator()(std::int64_t number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
    void operator()(double number) const {
        if (std::isfinite(number)) {
            fmt::format_to(std::back_inserter(out), "{}", number);
        } else {
            out.append("null");  // JSON has no word for it
        }
    }
    void operator()(bool flag) const { out.append(flag ? "true" : "false"); }
};

void append_log_time(std::string& out, Timestamp at) {
    const CivilTime t = to_civil(at);
    fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", t.year, t.month,
                   t.day, t.hour, t.minute, t.second, t.micros / 1000);
}

std::string json_line(LogLevel level, std::string_view component, std::string_view msg,
                      std::initializer_list<LogField> fields) {
    std::string line = "{\"ts\":\"";
    append_log_time(line, system_clock().now());
    fmt::format_to(std::back_inserter(line), "\",\"level\":\"{}\",\"msg\":", to_string(level));
    append_quoted(line, msg);
    line.append(",\"component\":");
    append_quoted(line, component);
    if (fields.size() != 0) {
        char before = '{';
        line.append(",\"fields\":");
        for (const LogField& field : fields) {
            line.push_back(before);
            append_quoted(line, field.key);
            line.push_back(':');
            std::visit(ValueWriter{line}, field.value);
            before = ',';
        }
        line.push_back('}');
    }
    line.push_back('}');
    return line;
}

std::string text_line(LogLevel level, std::string_view component, std::string_view msg,
                      std::initializer_list<LogField> fields) {
    std::string line;
    append_log_time(line, system_clock().now());
    fmt::format_to(std::back_inserter(line), " {:<5} ", to_string(level));
    if (!component.empty()) {
        append_escaped(line, component);
        line.append(": ");
    }
    append_escaped(line, msg);
    for (const LogField& field : fields) {
        line.push_back(' ');
        append_escaped(line, field.key);
        line.push_back('=');
        std::visit(ValueWriter{line}, field.value);
    }
    return line;
}

}  // namespace

Logger::Logger(std::shared_ptr<Sink> sink, std::string component)
    : sink_(std::move(sink)), component_(std::move(component)) {
    if (!sink_) return;
    const std::lock_guard lock(sink_->mutex);
    least_ = &sink_->level_of(component_, sink_->level_of("", LogLevel::info).load());
}

Logger Logger::to_stderr(Format format, LogLevel least) {
    auto sink = std::make_shared<Sink>(format, least);
    sink->transport.set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n"));
    return Logger(std::move(sink), "");
}

Logger Logger::silent() { return Logger(nullptr, ""); }

Logger Logger::named(std::string_view component) const { return Logger(sink_, std::string(component)); }

void Logger::set_levels(LogLevel least) const {
    if (!sink_) return;
    const std::lock_guard lock(sink_->mutex);
    for (auto& [component, level] : sink_->levels) level = least;
}

bool Logger::set_level(std::string_view component, LogLevel least) const {
    if (!sink_) return false;
    const std::lock_guard lock(sink_->mutex);
    const auto found = sink_->levels.find(component);
    if (found == sink_->levels.end()) return false;
    found->second = least;
    return true;
}

std::vector<std::pair<std::string, LogLevel>> Logger::levels() const {
    std::vector<std::pair<std::string, LogLevel>> all;
    if (!sink_) return all;
    const std::lock_guard lock(sink_->mutex);
    for (const auto& [component, level] : sink_->levels) all.emplace_back(component, level.load());
    return all;
}

void Logger::write(LogLevel level, std::string_view msg, std::initializer_list<LogField> fields) const {
    if (!sink_ || level < least_->load(std::memory_order_relaxed)) return;
    const std::string line = sink_->format == Format::json ? json_line(level, component_, msg, fields)
                                                           : text_line(level, component_, msg, fields);
    // stderr is unbuffered, so the sink's one fwrite of the whole line is one write(2).
    sink_->transport.log(spdlog::details::log_msg("", spdlog::level::info, line));
}

void Logger::debug(std::string_view msg, std::initializer_list<LogField> fields) const {
    write(LogLevel::debug, msg, fields);
}
void Logger::info(std::string_view msg, std::initializer_list<LogField> fields) const {
    write(LogLevel::info, msg, fields);
}
void Logger::warn(std::string_view msg, std::initializer_list<LogField> fields) const {
    write(LogLevel::warn, msg, fields);
}
void Logger::error(std::string_view msg, std::initializer_list<LogField> fields) const {
    write(LogLevel::error, msg, fields);
}

}  // namespace tillstream
