#include "doors/http/internal/content.h"

#include <algorithm>
#include <optional>

namespace tillstream::http_door {

namespace {

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<BodyFormat> format_of(std::string_view media_type) {
    if (equal_ignoring_case(media_type, "application/json")) return BodyFormat::json;
    if (equal_ignoring_case(media_type, "application/x-ndjson")) return BodyFormat::ndjson;
    if (equal_ignoring_case(media_type, "application/ndjson")) return BodyFormat::ndjson;
    if (equal_ignoring_case(media_type, "text/csv")) return BodyFormat::csv;
    return std::nullopt;
}

std::optional<Charset> charset_of(std::string_view name) {
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    return charset_named(name);
}

/// The value of "charset" among the parameters of a media type; empty if there is none.
std::string_view charset_parameter(std::string_view parameters) {
    while (!parameters.empty()) {
        const std::size_t end = parameters.find(';');
        const std::string_view parameter = trim(parameters.substr(0, end));
        const std::size_t equals = parameter.find('=');
        if (equals != std::string_view::npos &&
            equal_ignoring_case(trim(parameter.substr(0, equals)), "charset")) {
            return trim(parameter.substr(equals + 1));
        }
        parameters = end == std::string_view::npos ? std::string_view{} : parameters.substr(end + 1);
    }
    return {};
}

std::optional<UnsupportedBody> repeated_header(const RequestHead& head) {
    for (const char* name : {"Content-Type", "Content-Encoding", "Idempotency-Key"}) {
        const auto times = std::count_if(head.headers.begin(), head.headers.end(), [&](const auto& header) {
            return equal_ignoring_case(header.name, name);
        });
        if (times > 1)
            return UnsupportedBody{name, "'" + std::string(name) + "' once", std::to_string(times) + " times",
                                   true};
    }
    return std::nullopt;
}

}  // namespace

std::variant<BodyKind, UnsupportedBody> body_kind(const RequestHead& head) {
    if (auto repeated = repeated_header(head)) return std::move(*repeated);
    BodyKind kind;
    const std::string_view type = trim(head.headers.find("Content-Type").value_or(""));
    if (!type.empty()) {
        const std::size_t end = type.find(';');
        const auto format = format_of(trim(type.substr(0, end)));
        if (!format) {
            return UnsupportedBody{"Content-Type", "application/json, application/x-ndjson or text/csv",
                                   std::string(type)};
        }
        kind.format = *format;
        const std::string_view name =
            end == std::string_view::npos ? std::string_view{} : charset_parameter(type.substr(end + 1));
        const auto charset = name.empty() ? Charset::utf8 : charset_of(name);
        const bool allowed = charset && (kind.format == BodyFormat::csv || *charset == Charset::utf8);
        if (!allowed) {
            const bool csv = kind.format == BodyFormat::csv;
            return UnsupportedBody{"Content-Type",
                                   csv ? "charset utf-8, iso-8859-1 or utf-16" : "charset utf-8",
                                   std::string(type)};
        }
        kind.charset = *charset;
    }
    const std::string_view encoding = trim(head.headers.find("Content-Encoding").value_or(""));
    const auto known = encoding_named(encoding);
    if (!known) return UnsupportedBody{"Content-Encoding", "gzip or zstd", std::string(encoding)};
    kind.encoding = *known;
    return kind;
}

}  // namespace tillstream::http_door
