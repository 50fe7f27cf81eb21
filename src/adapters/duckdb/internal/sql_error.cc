#include "adapters/duckdb/internal/sql_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace tillstream::duck {

namespace {

/// The text value of `key` in a flat JSON object as the engine writes it.
std::optional<std::string> member(std::string_view json, std::string_view key) {
    const std::string opening = fmt::format("\"{}\":\"", key);
    const std::size_t start = json.find(opening);
    if (start == std::string_view::npos) return std::nullopt;
    std::string out;
    for (std::size_t i = start + opening.size(); i < json.size() && json[i] != '"'; ++i) {
        if (json[i] != '\\' || i + 1 == json.size()) {
            out += json[i];
            continue;
        }
        switch (json[++i]) {
            case 'n': out += '\n'; break;
            case 't': out += '\t'; break;
            case 'r': out += '\r'; break;
            case 'u':
                i = std::min(i + 4, json.size());
                out += '?';
                break;  // control characters only
            default: out += json[i];
        }
    }
    return out;
}

/// One line, lower-case start, as every message of ours.
std::string tidy_message(std::string message) {
    while (!message.empty() && (message.back() == '\n' || message.back() == '.' || message.back() == '!'))
        message.pop_back();
    std::replace(message.begin(), message.end(), '\n', ' ');
    if (message.size() > 1 && message[0] >= 'A' && message[0] <= 'Z' && message[1] >= 'a' &&
        message[1] <= 'z') {
        message[0] = static_cast<char>(message[0] - 'A' + 'a');
    }
    return message;
}

std::optional<Errc> status_code(duckdb_error_type type) {
    switch (type) {
        case DUCKDB_ERROR_OUT_OF_MEMORY: return Errc::resource_exhausted;
        case DUCKDB_ERROR_INTERRUPT: return Errc::cancelled;
        case DUCKDB_ERROR_PERMISSION: return Errc::permission_denied;
        case DUCKDB_ERROR_IO: return Errc::io;
        case DUCKDB_ERROR_FATAL:
        case DUCKDB_ERROR_INTERNAL: return Errc::internal;
        default: return std::nullopt;
    }
}

}  // namespace

SqlError sql_error_at(std::string message, std::string_view sql, std::size_t position) {
    SqlError error{std::move(message), 1, 1};
    for (const char c : sql.substr(0, std::min(position, sql.size()))) {
        if (c == '\n') {
            ++error.line;
            error.column = 1;
        } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
            ++error.column;
        }
    }
    return error;
}

std::size_t byte_of_character(std::string_view sql, std::size_t index) {
    for (std::size_t byte = 0; byte < sql.size(); ++byte) {
        if ((static_cast<unsigned char>(sql[byte]) & 0xC0) == 0x80) continue;
        if (index-- == 0) return byte;
    }
    return sql.size();
}

std::variant<Status, SqlError> query_error(duckdb_error_type type, std::string_view text,
                                           std::string_view sql) {
    const std::size_t brace = text.find('{');
    const std::string_view json = brace == std::string_view::npos ? std::string_view{} : text.substr(brace);
    std::string message = tidy_message(member(json, "exception_message").value_or(std::string(text)));
    const std::string kind = member(json, "exception_type").value_or("");
    if (const auto code = status_code(type)) return Status(failure(*code, std::move(message)));
    // A failed prepare tells the kind in its text only.
    if (kind == "Permission") return Status(failure(Errc::permission_denied, std::move(message)));
    if (kind == "Out of Memory") return Status(failure(Errc::resource_exhausted, std::move(message)));
    if (kind == "INTERNAL" || kind == "FATAL") return Status(failure(Errc::internal, std::move(message)));
    if (kind == "Interrupt") return Status(failure(Errc::cancelled, std::move(message)));
    std::size_t position = 0;
    const std::string place = member(json, "position").value_or("0");
    std::from_chars(place.data(), place.data() + place.size(), position);
    if (kind == "Parser") position = byte_of_character(sql, position);
    return sql_error_at(std::move(message), sql, position);
}

}  // namespace tillstream::duck
