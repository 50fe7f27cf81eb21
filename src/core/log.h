// log.h - the program's own log: one JSON object a line (ts, level, msg, component, fields), or text on a
// terminal.
//
// Rules:    no payloads or personal data above debug; secrets never. Return an error or log it, never both.
// Threads:  any.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace tillstream {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

struct LogField {
    std::string_view key;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
    LogField(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
    LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
    LogField(std::string_view k, std::int64_t v) : key(k), value(v) {}
    LogField(std::string_view k, std::uint64_t v) : key(k), value(static_cast<std::int64_t>(v)) {}
    LogField(std::string_view k, int v) : key(k), value(static_cast<std::int64_t>(v)) {}
    LogField(std::string_view k, double v) : key(k), value(v) {}
    LogField(std::string_view k, bool v) : key(k), value(v) {}
};

/// Cheap to copy; all copies write to the same place.
class Logger {
public:
    enum class Format : std::uint8_t { json, text };
    /// To stderr; a write is one system call, whole lines.
    static Logger to_stderr(Format format, LogLevel least);
    /// Writes nothing: for tests and one-shot commands.
    static Logger silent();

    /// The same log under another component name.
    Logger named(std::string_view component) const;

    void debug(std::string_view msg, std::initializer_list<LogField> fields = {}) const;
    void info(std::string_view msg, std::initializer_list<LogField> fields = {}) const;
    void warn(std::string_view msg, std::initializer_list<LogField> fields = {}) const;
    void error(std::string_view msg, std::initializer_list<LogField> fields = {}) const;

private:
    struct Sink;
    Logger(std::shared_ptr<Sink> sink, std::string component);
    void write(LogLevel level, std::string_view msg, std::initializer_list<LogField> fields) const;

    std::shared_ptr<Sink> sink_;
    std::string component_;
};

}  // namespace tillstream
