#include "formats/csv_file.h"

#include <utility>

namespace tillstream {
namespace {

/// Read beyond what must be seen ahead, so that the window moves rarely.
constexpr std::size_t kStride = 4 << 20;

}  // namespace

CsvFile::CsvFile(TextFile file, std::size_t record_bytes_max)
    : file_(std::move(file)),
      reader_(record_bytes_max, CsvReader::Keep::row),
      ahead_(2 * record_bytes_max + 1) {}

Result<CsvFile> CsvFile::open(TextFile file, std::size_t record_bytes_max) {
    CsvFile opened(std::move(file), record_bytes_max);
    TILLSTREAM_CHECK(opened.see_ahead());
    std::vector<std::string_view> names;
    if (auto error = opened.reader_.read_header(names))
        return failure(Errc::invalid_argument, std::move(error->detail));
    opened.header_.assign(names.begin(), names.end());
    return opened;
}

Status CsvFile::see_ahead() {
    if (file_.last() || file_.window().size() - reader_.position() >= ahead_) return {};
    TILLSTREAM_CHECK(file_.advance(reader_.position(), ahead_ + kStride));
    reader_.set_window(file_.window(), file_.last());
    return {};
}

Result<bool> CsvFile::next(CsvRow& row) {
    for (;;) {
        TILLSTREAM_CHECK(see_ahead());
        if (reader_.next(row)) return true;
        if (file_.last()) return false;
    }
}

}  // namespace tillstream
