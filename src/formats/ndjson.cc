#include "formats/ndjson.h"

#include <cstring>

#include "codec/charset.h"
#include "formats/internal/broken.h"
#include "formats/internal/kept.h"

namespace tillstream {
namespace {

/// The index of a window, about as large as itself, stays in the second-level cache.
constexpr std::size_t kWindow = 128 << 10;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view line) {
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    return line;
}

}  // namespace

void NdjsonReader::open(std::string_view text) {
    const auto bom = find_bom(text);
    text_ = text.substr(bom && bom->charset == Charset::utf8 ? bom->size : 0);
    at_ = window_end_ = 0;
    indexed_ = false;
}

/// Whole lines, as many as fit, but at least one.
bool NdjsonReader::next_window() {
    if (at_ == text_.size()) return false;
    window_end_ = text_.size();
    if (window_end_ - at_ > kWindow) {
        const std::size_t last = text_.rfind('\n', at_ + kWindow - 1);
        const std::size_t end = last != text_.npos && last >= at_ ? last : text_.find('\n', at_ + kWindow);
        if (end != text_.npos) window_end_ = end + 1;
    }
    const std::string_view window = text_.substr(at_, window_end_ - at_);
    indexed_ = window.size() <= kWindow && scanner_.begin_lines(window);
    return true;
}

std::string_view NdjsonReader::cut_line() {
    const char* begin = text_.data() + at_;
    const void* found = std::memchr(begin, '\n', window_end_ - at_);
    const std::size_t size =
        found ? static_cast<std::size_t>(static_cast<const char*>(found) - begin) : window_end_ - at_;
    at_ += size + (found ? 1 : 0);
    return {begin, size};
}

bool NdjsonReader::next(JsonRecord& record) {
    for (;;) {
        if (at_ == window_end_ && !next_window()) return false;
        const std::string_view line = trimmed(cut_line());
        if (line.empty()) continue;
        judge(line, record);
        return true;
    }
}

void NdjsonReader::judge(std::string_view line, JsonRecord& record) {
    record.raw = line;
    record.fields = {};
    record.broken.reset();
    if (line.size() > limits_.record_bytes) {
        record.broken = internal::too_large(line, limits_.record_bytes);
        return;
    }
    const json::ScanLimits limits{limits_.depth};
    const auto error =
        indexed_ ? scanner_.scan_line(line, limits, fields_) : scanner_.scan_object(line, limits, fields_);
    if (error)
        record.broken = internal::broken(*error, line, limits_.depth);
    else
        record.fields = fields_;
}

void NdjsonReader::trim() { internal::give_back_excess(fields_); }

std::size_t NdjsonReader::kept_bytes() const { return internal::bytes_of(fields_); }

}  // namespace tillstream
