#include "producer/internal/json_text.h"

#include <fmt/format.h>

#include <iterator>

namespace tillstream::internal {

namespace {

void append_unit(std::string& out, unsigned unit) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit);
}

/// One character of valid UTF-8 beyond ASCII; returns its length.
std::size_t append_escaped(std::string& out, std::string_view at) {
    const auto byte = [&](std::size_t i) {
        return static_cast<unsigned char>(i < at.size() ? at[i] : 0) & 0x3FU;
    };
    const auto lead = static_cast<unsigned char>(at[0]);
    if (lead < 0xE0) {
        append_unit(out, ((lead & 0x1FU) << 6) | byte(1));
        return 2;
    }
    if (lead < 0xF0) {
        append_unit(out, ((lead & 0x0FU) << 12) | (byte(1) << 6) | byte(2));
        return 3;
    }
    const unsigned code = ((lead & 0x07U) << 18) | (byte(1) << 12) | (byte(2) << 6) | byte(3);
    append_unit(out, 0xD800U + ((code - 0x10000U) >> 10));
    append_unit(out, 0xDC00U + ((code - 0x10000U) & 0x3FFU));
    return 4;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text, JsonText form) {
    out += '"';
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x80 && form == JsonText::pandas) {
            i += append_escaped(out, text.substr(i));
            continue;
        }
        if (c == '"' || c == '\\') {
            out += '\\';
            out += text[i];
        } else if (c == '/' && form == JsonText::pandas) {
            out += "\\/";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c < 0x20) {
            append_unit(out, c);
        } else {
            out += text[i];
        }
        ++i;
    }
    out += '"';
}

}  // namespace tillstream::internal
