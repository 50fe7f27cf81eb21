#include "producer/internal/record_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "producer/internal/csv_reader.h"
#include "producer/internal/json_reader.h"

namespace tillstream::internal {

namespace {

char lower(char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }
bool is_gap(char c) { return c == ' ' || c == '_'; }

}  // namespace

Result<FileFormat> format_of(std::string_view path) {
    for (const std::string_view packed : {".gz", ".zst"}) {
        if (path.ends_with(packed)) path.remove_suffix(packed.size());
    }
    if (path.ends_with(".csv")) return FileFormat::csv;
    if (path.ends_with(".ndjson") || path.ends_with(".jsonl")) return FileFormat::json_lines;
    if (path.ends_with(".json")) return FileFormat::json_document;
    return failure(
        Errc::invalid_argument,
        fmt::format("{}: give a .csv, .ndjson, .jsonl or .json file, or one of them as .gz or .zst", path));
}

std::unique_ptr<RecordReader> make_record_reader(FileFormat format, TextSource& source,
                                                 std::string_view key) {
    if (format == FileFormat::csv) return std::make_unique<CsvReader>(source, key);
    return std::make_unique<JsonReader>(source, key, format);
}

bool same_name(std::string_view a, std::string_view b) {
    std::size_t i = 0, j = 0;
    for (;; ++i, ++j) {
        while (i < a.size() && is_gap(a[i])) ++i;
        while (j < b.size() && is_gap(b[j])) ++j;
        if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
        if (lower(a[i]) != lower(b[j])) return false;
    }
}

bool names_time(std::string_view name) {
    for (const std::string_view ending : {"date", "time", "stamp", "_at"}) {
        if (name.size() < ending.size()) continue;
        const std::string_view tail = name.substr(name.size() - ending.size());
        if (std::equal(tail.begin(), tail.end(), ending.begin(),
                       [](char a, char b) { return lower(a) == b; })) {
            return true;
        }
    }
    return false;
}

Status TextWindow::more() {
    if (begin_ > 0) {
        const std::size_t left = buffer_.size() - begin_;
        std::memmove(buffer_.data(), buffer_.data() + begin_, left);
        buffer_.resize(left);
        begin_ = 0;
    }
    if (buffer_.size() > kRecordBytesMax) {
        return failure(
            Errc::unsupported,
            fmt::format("a record is longer than {} MiB: is this the right format", kRecordBytesMax >> 20));
    }
    ended_ = !TILLSTREAM_TRY(source_.append_to(buffer_));
    return {};
}

}  // namespace tillstream::internal
