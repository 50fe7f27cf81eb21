#include "producer/internal/csv_reader.h"

#include <algorithm>
#include <cstring>

namespace tillstream::internal {

namespace {

constexpr std::size_t kQuoteSpanMax = 1 << 20;

std::size_t find_byte(std::string_view text, char byte, std::size_t from = 0) {
    if (from >= text.size()) return std::string_view::npos;
    const void* at = std::memchr(text.data() + from, byte, text.size() - from);
    return at == nullptr ? std::string_view::npos
                         : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

/// Where the quoted field that opens at `open` closes; npos if it does not.
std::size_t closing_quote(std::string_view text, std::size_t open) {
    for (std::size_t at = find_byte(text, '"', open + 1); at != std::string_view::npos;
         at = find_byte(text, '"', at + 2)) {
        if (at + 1 >= text.size() || text[at + 1] != '"') return at;
    }
    return std::string_view::npos;
}

/// One field of a row.
struct Field {
    std::string_view content;  ///< as it stands, without surrounding quotes
    std::size_t end = 0;       ///< of its comma, or of the row
};

Field field_at(std::string_view row, std::size_t at) {
    const bool quoted = at < row.size() && row[at] == '"';
    const std::size_t close = quoted ? closing_quote(row, at) : std::string_view::npos;
    const bool closed = close != std::string_view::npos;
    const std::size_t end = std::min(find_byte(row, ',', closed ? close + 1 : at), row.size());
    return {closed ? row.substr(at + 1, close - at - 1) : row.substr(at, end - at), end};
}

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

bool is_blank(std::string_view line) {
    return line.empty() || (line.front() <= ' ' && line.find_first_not_of(" \t") == std::string_view::npos);
}

}  // namespace

std::string_view csv_field(std::string_view row, std::size_t column) {
    Field field = field_at(row, 0);
    for (std::size_t i = 0; i < column; ++i) {
        if (field.end == row.size()) return {};
        field = field_at(row, field.end + 1);
    }
    return field.content;
}

Result<std::span<const SourceRecord>> CsvReader::next() {
    if (!head_read_) TILLSTREAM_CHECK(read_head());
    records_.clear();
    for (;;) {
        take_rows();
        if (!records_.empty() || window_.ended()) return std::span<const SourceRecord>(records_);
        TILLSTREAM_CHECK(window_.more());
    }
}

Status CsvReader::read_head() {
    for (;;) {
        const std::string_view text = window_.rest();
        const std::size_t end = text.find_first_of("\r\n");
        // Whether a CR stands alone is known from the next byte.
        const bool known = end != std::string_view::npos && (text[end] == '\n' || end + 1 < text.size());
        if (known || window_.ended()) {
            if (known && text[end] == '\r' && text[end + 1] != '\n') usual_end_ = '\r';
            break;
        }
        TILLSTREAM_CHECK(window_.more());
    }
    head_read_ = true;
    for (;;) {
        Row row;
        const Cut cut = cut_row(window_.rest(), row);
        if (cut == Cut::end) return {};
        if (cut == Cut::more) {
            TILLSTREAM_CHECK(window_.more());
            continue;
        }
        head_ = window_.rest().substr(0, row.size);
        window_.consume(row.next);
        if (!is_blank(head_)) break;
    }
    understand_head();
    return {};
}

void CsvReader::understand_head() {
    const std::string_view wanted = key_name_.empty() ? kDefaultKey : std::string_view(key_name_);
    for (std::size_t at = 0;;) {
        const auto [name, end] = field_at(head_, at);
        if (key_column_ == kNone && same_name(name, wanted)) key_column_ = width_;
        if (name == kEventId) has_event_ids_ = true;
        if (names_time(name) && time_column_ == kNone) time_column_ = width_;
        ++width_;
        if (end == head_.size()) return;
        at = end + 1;
    }
}

/// The LF of a CRLF looks like a blank line, and is no row either.
std::size_t CsvReader::line_end(std::string_view text, std::size_t from) const {
    const std::size_t usual = std::min(find_byte(text, usual_end_, from), text.size());
    const char other = usual_end_ == '\n' ? '\r' : '\n';
    return std::min(find_byte(text.substr(0, usual), other, from), usual);
}

CsvReader::Cut CsvReader::cut_row(std::string_view text, Row& row) {
    row = {};
    if (text.empty() && window_.ended()) return Cut::end;
    row.size = line_end(text, searched_);
    row.next = std::min(row.size + 1, text.size());
    const bool open = row.size == text.size() && !window_.ended();
    searched_ = open ? text.size() : 0;
    if (open) return Cut::more;
    if (find_byte(text.substr(0, row.size), '"') == std::string_view::npos) return Cut::row;
    const Row line = row;
    const Cut cut = cut_quoted_row(text, row);
    const bool over_lines = cut == Cut::row && row.next != line.next;
    if (over_lines && width_ != 0 && row.fields != width_) {
        row = line;
        row.spoiled = true;
    }
    return cut;
}

/// `row` holds the first line; it stays so if a quote of the row is broken.
CsvReader::Cut CsvReader::cut_quoted_row(std::string_view text, Row& row) const {
    std::size_t at = 0;
    for (row.fields = 1;; ++row.fields) {
        if (at < text.size() && text[at] == '"') {
            const std::size_t close = closing_quote(text.substr(0, kQuoteSpanMax), at);
            const bool at_edge = close == std::string_view::npos || close + 1 >= text.size();
            if (at_edge && !window_.ended() && text.size() < kQuoteSpanMax) return Cut::more;
            row.spoiled = close == std::string_view::npos;
            if (row.spoiled) return Cut::row;
            at = close + 1;
        } else {
            const std::size_t end = line_end(text, at);
            at = std::min(find_byte(text.substr(0, end), ',', at), end);
            if (at == text.size() && !window_.ended()) return Cut::more;
        }
        if (at == text.size() || is_line_end(text[at])) {
            row.size = at;
            row.next = std::min(at + 1, text.size());
            return Cut::row;
        }
        row.spoiled = text[at] != ',';
        if (row.spoiled) return Cut::row;
        ++at;
    }
}

void CsvReader::take_rows() {
    for (;;) {
        const std::string_view text = window_.rest();
        Row row;
        if (cut_row(text, row) != Cut::row) return;
        window_.consume(row.next);
        const std::string_view line = text.substr(0, row.size);
        if (!is_blank(line)) take_row(line, row.spoiled);
    }
}

void CsvReader::take_row(std::string_view text, bool spoiled) {
    SourceRecord& record = records_.emplace_back();
    record.text = text;
    record.number = ++number_;
    record.spoiled = spoiled;
    record.takes_event_id = !has_event_ids_;
    if (key_column_ != kNone) record.key = csv_field(text, key_column_);
    if (time_column_ != kNone) record.time = csv_field(text, time_column_);
}

}  // namespace tillstream::internal
