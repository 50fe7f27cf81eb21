#include "producer/internal/json_reader.h"

#include <algorithm>
#include <cstring>

namespace tillstream::internal {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// Length of the bracketed or bare value at the start of `text`; npos if it is not complete.
std::size_t value_size(std::string_view text) {
    if (text.front() != '{' && text.front() != '[') {
        if (text.front() != '"') return text.find_first_of(",]} \t\r\n", 1);
    }
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            --depth;
        }
        if (depth == 0 && !quoted && i > 0) return i + 1;
    }
    return std::string_view::npos;
}

/// An element is sent as one line. Between tokens a blank is as good as a line break. Inside a string a break
/// is an error, which another character that JSON forbids there keeps for the server to see.
void join_lines(char* text, std::size_t size) {
    constexpr char kForbidden = '\x01';
    bool quoted = false, escaped = false;
    for (std::size_t i = 0; i < size; ++i) {
        const char c = text[i];
        if (c == '\n' || c == '\r') text[i] = quoted ? kForbidden : ' ';
        if (c == '"' && !escaped) quoted = !quoted;
        escaped = c == '\\' && quoted && !escaped;
    }
}

/// 536365.0 is the number of invoice "536365".
std::string_view key_text(const json::Field& field) {
    std::string_view text = field.text;
    if (field.kind == json::Kind::number && text.ends_with(".0")) text.remove_suffix(2);
    return field.kind == json::Kind::null ? std::string_view() : text;
}

}  // namespace

JsonReader::JsonReader(TextSource& source, std::string_view key, FileFormat format)
    : window_(source), key_(key.empty() ? kDefaultKey : key), format_(format) {}

Result<std::span<const SourceRecord>> JsonReader::next() {
    records_.clear();
    for (;;) {
        kept_.clear();
        if (kept_.capacity() < window_.rest().size()) kept_.reserve(window_.rest().size());
        if (format_ == FileFormat::json_lines) {
            take_lines();
        } else {
            take_elements();
        }
        if (!records_.empty() || window_.ended()) return std::span<const SourceRecord>(records_);
        TILLSTREAM_CHECK(window_.more());
    }
}

void JsonReader::take_lines() {
    std::string_view text = window_.rest();
    if (!window_.ended()) text = text.substr(0, text.rfind('\n') + 1);
    lines_open_ = scanner_.begin_lines(text);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string_view line = text.substr(at, end - at);
        at = std::min(end + 1, text.size());
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(kBlanks) != std::string_view::npos) take_record(line);
    }
    window_.consume(text.size());
}

void JsonReader::take_elements() {
    lines_open_ = false;
    while (take_element()) {
    }
}

bool JsonReader::take_element() {
    std::string_view text = window_.rest();
    // Between elements brackets and commas say nothing: a missing one is as good.
    const std::size_t start = text.find_first_not_of(number_ == 0 ? " \t\r\n[" : " \t\r\n,]");
    if (start == std::string_view::npos) {
        window_.consume(text.size());
        return false;
    }
    std::size_t size = value_size(text.substr(start));
    if (size == std::string_view::npos) {
        if (!window_.ended()) return false;
        size = text.size() - start;
    }
    char* const first = window_.data() + start;
    join_lines(first, size);
    window_.consume(start + size);
    take_record({first, size});
    return true;
}

void JsonReader::take_record(std::string_view text) {
    SourceRecord& record = records_.emplace_back();
    record.text = text;
    record.number = ++number_;
    const json::ScanOutcome broken =
        lines_open_ ? scanner_.scan_line(text, {}, fields_) : scanner_.scan_object(text, {}, fields_);
    if (broken) {
        // Cut off or too deep: the id goes in front, where the server finds it nevertheless.
        record.takes_event_id = text.find_first_not_of(kBlanks) == text.find('{') &&
                                text.find("\"event_id\"") == std::string_view::npos;
    } else {
        understand(record);
    }
}

void JsonReader::understand(SourceRecord& record) {
    const auto keep = [this](std::string_view text, bool in_scratch) {
        if (!in_scratch) return text;
        const std::size_t at = kept_.size();
        kept_ += text;
        return std::string_view(kept_).substr(at);
    };
    bool has_key = false, has_time = false;
    for (const json::Field& field : fields_) {
        if (field.key == kEventId) {
            record.takes_event_id = false;
        } else if (!has_key && same_name(field.key, key_)) {
            has_key = true;
            record.key = keep(key_text(field), field.in_scratch);
        } else if (!has_time && names_time(field.key)) {
            has_time = true;
            record.time = keep(field.text, field.in_scratch);
        }
    }
}

}  // namespace tillstream::internal
