#include "contract/internal/stored_form.h"

#include <cstring>

#include "codec/base64.h"
#include "codec/charset.h"
#include "json/writer.h"

namespace tillstream {

bool has_line_break(std::string_view json) {
    if (json.empty()) return false;
    return std::memchr(json.data(), '\n', json.size()) != nullptr ||
           std::memchr(json.data(), '\r', json.size()) != nullptr;
}

void append_one_line(std::string& out, std::string_view json) {
    for (const char c : json) out += c == '\n' || c == '\r' ? ' ' : c;
}

void append_text_row(std::string& out, const HeaderBinding& header,
                     std::span<const std::string_view> values) {
    out += '{';
    std::uint32_t start = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint32_t end = header.json_key_ends[i];
        if (i != 0) out += ',';
        out.append(header.json_keys, start, end - start);
        start = end;
        out += '"';
        json::append_escaped(out, values[i]);
        out += '"';
    }
    out += '}';
}

void append_field_value(std::string& out, json::Kind kind, std::string_view text) {
    if (kind != json::Kind::string) {
        append_one_line(out, text);
        return;
    }
    out += '"';
    json::append_escaped(out, text);
    out += '"';
}

void append_fields(std::string& out, std::span<const json::Field> fields) {
    char before = '{';
    for (const json::Field& field : fields) {
        out += before;
        out += '"';
        json::append_escaped(out, field.key);
        out += "\":";
        append_field_value(out, field.kind, field.text);
        before = ',';
    }
    out += fields.empty() ? "{}" : "}";
}

void append_broken(std::string& out, std::string_view raw) {
    const bool text = is_valid_utf8(raw);
    out += text ? "{\"_raw\":\"" : "{\"_raw_base64\":\"";
    if (text)
        json::append_escaped(out, raw);
    else
        append_base64(out, raw);
    out += "\"}";
}

}  // namespace tillstream
