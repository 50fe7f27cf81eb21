// log.h - the program's own log: one JSON object a line (ts, level, msg, component, fields), or text on a
// terminal.
//
// Rules:    no payloads or personal data above debug; secrets never. Return an error or log it, never both.
// Levels:   each component has its own, which may change at any time; one that is named later begins with the
//           level of all.
// Threads:  any.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tillstream {

enum class LogLevel : std::uint8_t { debug, info, warn, error };
std::string_view to_string(LogLevel level);
/// Nothing if it is none of their names.
std::optional<LogLevel> log_level_named(std::string_view name);

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

    /// Of every component, those named later too.
    void set_levels(LogLevel least) const;
    /// False if no component of this log has that name.
    bool set_level(std::string_view component, LogLevel least) const;
    /// By name; the first, without a name, is the level of components named later.
    std::vector<std::pair<std::string, LogLevel>> levels() const;

    void debug(std::string_view msg, std::initializer_list<LogField> fields = {}) const;
    void info(std::string_view msg, std::initializer_list<LogField> fields = {}) const;
    void warn(std::string_view msg, std::initializer_list<LogField> fields = {}) const;
    void error(std::string_view msg, std::initializer_list<LogField> fields = {}) const;

private:
    struct Sink;
    using Level = std::atomic<LogLevel>;
    Logger(std::shared_ptr<Sink> sink, std::string component);
    void write(LogLevel level, std::string_view msg, std::initializer_list<LogField> fields) const;

    std::shared_ptr<Sink> sink_;
    std::string component_;
    Level* least_ = nullptr;  ///< in *sink_
};

}  // namespace tillstream
