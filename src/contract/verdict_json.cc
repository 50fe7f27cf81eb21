#include "contract/verdict_json.h"

#include <fmt/format.h>

#include "core/bytes.h"
#include "json/scanner.h"
#include "json/writer.h"

namespace tillstream {

namespace {

Result<FieldError> error_of(std::span<const json::Field> fields) {
    FieldError error;
    bool has_code = false;
    for (const json::Field& field : fields) {
        if (field.kind != json::Kind::string) continue;
        if (field.key == "pointer") error.pointer = field.text;
        if (field.key == "expected") error.expected = field.text;
        if (field.key == "found") error.found = field.text;
        if (field.key != "code") continue;
        const auto code = field_error_code(field.text);
        if (!code)
            return failure(Errc::corruption, fmt::format("unknown error code '{}'", found_text(field.text)));
        error.code = *code;
        has_code = true;
    }
    if (!has_code) return failure(Errc::corruption, "an error of a record without code");
    return error;
}

}  // namespace

void append_errors_json(std::string& out, std::span<const FieldError> errors) {
    json::Writer writer(out);
    writer.begin_array();
    for (const FieldError& error : errors) {
        writer.begin_object()
            .member("pointer", error.pointer)
            .member("code", to_string(error.code))
            .member("expected", error.expected)
            .member("found", error.found)
            .end_object();
    }
    writer.end_array();
}

Result<std::vector<FieldError>> parse_errors_json(std::string_view json) {
    const Buffer padded(json);
    json::DocumentScanner scanner;
    std::vector<FieldError> errors;
    if (!json.starts_with('[') || scanner.open(padded.view()))
        return failure(Errc::corruption,
                       fmt::format("the errors of a record are no JSON array: {}", found_text(json)));
    json::Element element;
    std::vector<json::Field> fields;
    while (scanner.next({}, element, fields)) {
        if (element.error)
            return failure(Errc::corruption,
                           fmt::format("no error of a record: {}", found_text(element.raw)));
        errors.push_back(TILLSTREAM_TRY(error_of(fields)));
    }
    if (scanner.error())
        return failure(Errc::corruption,
                       fmt::format("the errors of a record are malformed: {}", found_text(json)));
    return errors;
}

}  // namespace tillstream
