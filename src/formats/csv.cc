#include "formats/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "codec/charset.h"
#include "formats/internal/broken.h"
#include "formats/internal/kept.h"

namespace tillstream {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

std::string fields_text(std::size_t count) { return fmt::format("{} field{}", count, count == 1 ? "" : "s"); }

}  // namespace

void CsvReader::open(std::string_view text) {
    const auto bom = find_bom(text);
    width_ = 0;
    inside_line_ = false;
    taken_ = given_back_ = 0;
    arena_.clear();
    set_window(text, true);
    at_ = bom && bom->charset == Charset::utf8 ? bom->size : 0;
}

void CsvReader::set_window(std::string_view window, bool last) {
    text_ = window;
    at_ = 0;
    last_ = last;
    valid_ = is_valid_utf8(window);
    if (!inside_line_) return;
    at_ = line_end(0);
    taken_ += at_;
    inside_line_ = at_ == text_.size();
}

/// An empty line holds no row; the LF of a CRLF looks like one.
void CsvReader::skip_line_ends() {
    while (at_ < text_.size() && is_line_end(text_[at_])) ++at_;
}

std::size_t CsvReader::line_end(std::size_t from) const {
    while (from < text_.size() && !is_line_end(text_[from])) ++from;
    return from;
}

std::string_view CsvReader::unquoted(std::size_t& pos) const {
    const std::size_t begin = pos;
    const char* at = text_.data() + pos;
    const char* const end = text_.data() + text_.size();
    while (at != end && *at != ',' && !is_line_end(*at)) ++at;
    pos = static_cast<std::size_t>(at - text_.data());
    return text_.substr(begin, pos - begin);
}

void CsvReader::keep_unescaped(std::string_view content, std::size_t quotes) {
    char* const kept = arena_.allocate(content.size() - quotes);
    char* out = kept;
    for (std::size_t i = 0; i < content.size(); ++i) {
        *out++ = content[i];
        if (content[i] == '"') ++i;
    }
    values_.emplace_back(kept, static_cast<std::size_t>(out - kept));
}

/// Reads the field whose opening quote is at `pos`, and moves `pos` to where reading ended. False if it does
/// not close where a field may end; too_long_ if it was not looked for any further.
bool CsvReader::quoted(std::size_t& pos) {
    const std::size_t begin = pos + 1;
    const std::size_t end = std::min(quotes_end_, pos + record_bytes_max_);
    std::size_t doubled = 0;
    std::size_t at = begin;
    for (;; at += 2, ++doubled) {
        const void* found = at < end ? std::memchr(text_.data() + at, '"', end - at) : nullptr;
        if (!found) {
            too_long_ = end != text_.size();
            pos = end;
            return false;
        }
        at = static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
        if (at + 1 >= text_.size() || text_[at + 1] != '"') break;
    }
    const std::string_view content = text_.substr(begin, at - begin);
    pos = at + 1;
    if (pos < text_.size() && text_[pos] != ',' && !is_line_end(text_[pos])) return false;
    if (doubled == 0)
        values_.push_back(content);
    else
        keep_unescaped(content, doubled);
    return true;
}

bool CsvReader::spans_lines(std::size_t from, std::size_t to) const {
    const std::string_view field = text_.substr(from, to - from);
    return std::memchr(field.data(), '\n', field.size()) || std::memchr(field.data(), '\r', field.size());
}

/// Whether the row that began at `from` and has another field behind `pos` is broken whatever follows.
bool CsvReader::is_lost(std::size_t from, std::size_t pos) const {
    return pos - from > record_bytes_max_ || (fault_ != kNone && width_ != 0 && values_.size() > width_);
}

/// Without this bound a short text of quotes that fit no row is read a record far for each of its lines.
std::size_t CsvReader::quotes_end(std::size_t from) const {
    constexpr std::uint64_t kRecordsGivenBack = 4;
    const bool spent = given_back_ > taken_ + kRecordsGivenBack * record_bytes_max_;
    return spent ? line_end(from) : text_.size();
}

CsvReader::Cut CsvReader::split(std::size_t from) {
    values_.clear();
    fault_ = kNone;
    too_long_ = false;
    quotes_end_ = quotes_end(from);
    std::size_t pos = from;
    for (;; ++pos) {
        if (pos < text_.size() && text_[pos] == '"') {
            const std::size_t opened = pos;
            if (!quoted(pos)) {
                if (fault_ == kNone) fault_ = opened;
                row_end_ = pos;
                return Cut::bad_quote;
            }
            if (fault_ == kNone && spans_lines(opened, pos)) fault_ = opened;
        } else {
            values_.push_back(unquoted(pos));
        }
        if (pos == text_.size() || text_[pos] != ',') break;
        if (is_lost(from, pos)) [[unlikely]] {
            if (fault_ == kNone) pos = line_end(pos);
            break;
        }
    }
    row_end_ = pos;
    return Cut::row;
}

/// The row ends with the line on which its fault began, so that the lines behind it are read on their own.
void CsvReader::break_line(std::size_t from, CsvRow& row, BrokenRecord broken) {
    if (fault_ != kNone) {
        const std::size_t end = line_end(fault_);
        if (row_end_ > end) given_back_ += row_end_ - end;
        row_end_ = end;
    }
    row.raw = text_.substr(from, row_end_ - from);
    row.values = {};
    row.broken = std::move(broken);
    inside_line_ = !last_ && row_end_ == text_.size();
}

void CsvReader::judge(std::size_t from, CsvRow& row, Cut cut) {
    if (cut == Cut::bad_quote && too_long_ && line_end(fault_) - from > record_bytes_max_) {
        break_line(from, row,
                   internal::too_large(text_.substr(from, line_end(fault_) - from), record_bytes_max_));
    } else if (cut == Cut::bad_quote) {
        break_line(from, row,
                   {FieldErrorCode::syntax, "a closing quote",
                    internal::shown(text_.substr(fault_, line_end(fault_) - fault_), 40)});
    } else if (row_end_ - from > record_bytes_max_) {
        break_line(from, row, internal::too_large(text_.substr(from, row_end_ - from), record_bytes_max_));
    } else if (width_ != 0 && values_.size() != width_) {
        break_line(from, row, {FieldErrorCode::syntax, fields_text(width_), fields_text(values_.size())});
    } else {
        row.raw = text_.substr(from, row_end_ - from);
        row.values = values_;
        row.broken.reset();
    }
    if (!valid_ && !is_valid_utf8(row.raw)) {
        row.values = {};
        row.broken = internal::not_utf8(row.raw);
    }
}

void CsvReader::trim() {
    internal::give_back_excess(values_);
    arena_.clear();
}

std::size_t CsvReader::kept_bytes() const { return internal::bytes_of(values_) + arena_.capacity(); }

bool CsvReader::next(CsvRow& row) {
    skip_line_ends();
    if (at_ == text_.size()) return false;
    if (keep_ == Keep::row) arena_.clear();
    const std::size_t from = at_;
    const Cut cut = split(from);
    judge(from, row, cut);
    at_ = row_end_;
    taken_ += row_end_ - from;
    return true;
}

std::optional<BodyError> CsvReader::read_header(std::vector<std::string_view>& names) {
    CsvRow row;
    const std::size_t from = at_;
    if (!next(row)) return BodyError{FieldErrorCode::syntax, "no header line: the text is empty", from};
    if (row.broken)
        return BodyError{row.broken->code,
                         fmt::format("unreadable header line: expected {}, found {}", row.broken->expected,
                                     row.broken->found),
                         from};
    names.assign(row.values.begin(), row.values.end());
    width_ = names.size();
    return std::nullopt;
}

}  // namespace tillstream
