#include "bench/load/response_reader.h"

#include <strings.h>

#include <charconv>

namespace tillstream::bench {

namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

template <class Number>
bool parse_number(std::string_view text, Number& value) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{};
}

bool find_content_length(std::string_view head, std::size_t& length) {
    constexpr std::string_view kName = "content-length:";
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
        at += 2;
        const std::string_view line = head.substr(at);
        if (line.size() > kName.size() && strncasecmp(line.data(), kName.data(), kName.size()) == 0) {
            return parse_number(line.substr(kName.size()), length);
        }
    }
    return false;
}

}  // namespace

void ResponseReader::reset() {
    head_.clear();
    in_body_ = false;
    body_left_ = 0;
}

ResponseReader::Progress ResponseReader::feed(std::string_view bytes) {
    if (in_body_) return take_body(bytes);
    if (head_.empty()) {  // most answers come whole: no copy then
        const std::size_t end = bytes.find(kHeadEnd);
        if (end != std::string_view::npos) {
            return take_head(bytes.substr(0, end), bytes.substr(end + kHeadEnd.size()));
        }
    }
    const std::size_t had = head_.size();
    head_.append(bytes);
    const std::size_t end = head_.find(kHeadEnd);
    if (end == std::string_view::npos)
        return head_.size() > kHeadBytesMax ? Progress::broken : Progress::more;
    const std::string head = head_.substr(0, end);
    head_.clear();
    return take_head(head, bytes.substr(end + kHeadEnd.size() - had));
}

ResponseReader::Progress ResponseReader::take_head(std::string_view head, std::string_view rest) {
    constexpr std::size_t kStatusAt = std::string_view("HTTP/1.1 ").size();
    if (head.size() < kStatusAt + 3 || !parse_number(head.substr(kStatusAt, 3), status_))
        return Progress::broken;
    if (!find_content_length(head, body_left_)) return Progress::broken;
    in_body_ = true;
    return take_body(rest);
}

ResponseReader::Progress ResponseReader::take_body(std::string_view bytes) {
    if (bytes.size() > body_left_) return Progress::broken;
    body_left_ -= bytes.size();
    if (body_left_ > 0) return Progress::more;
    in_body_ = false;
    return Progress::complete;
}

}  // namespace tillstream::bench
