// format_page.h - golden bytes as docs/formats/ shows them: page and code cannot drift apart.
#pragma once

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace tillstream::testing {

/// The hex dump in the code block of docs/formats/<page> that begins with "```hex <name>".
inline std::string bytes_of_page(const std::string& page, const std::string& name) {
    std::ifstream text(std::string(TILLSTREAM_SOURCE_DIR) + "/docs/formats/" + page);
    std::string line, bytes;
    bool inside = false;
    while (std::getline(text, line)) {
        if (line == "```hex " + name) {
            inside = true;
        } else if (line == "```") {
            inside = false;
        } else if (inside) {
            std::istringstream digits(line.substr(line.find(':') + 1));
            std::string byte;
            while (digits >> byte && byte != "|")
                bytes.push_back(static_cast<char>(std::stoi(byte, nullptr, 16)));
        }
    }
    return bytes;
}

/// As the pages write it: 16 bytes a line, with what of them is readable.
inline std::string hex_dump(std::string_view bytes) {
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 16) {
        text += fmt::format("{:04x}:", at);
        std::string readable;
        for (const char c : bytes.substr(at, 16)) {
            text += fmt::format(" {:02x}", static_cast<unsigned char>(c));
            readable += c >= ' ' && c < 127 ? c : '.';
        }
        text += fmt::format("{:>{}} {}\n", "|", 2 + 3 * (16 - readable.size()), readable);
    }
    return text;
}

}  // namespace tillstream::testing
