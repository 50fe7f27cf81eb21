// record_reader.h - cuts a data file into records, with what the sender must know of each.
//
// Memory:   one window over the text, which grows only for a record longer than a block.
// Errors:   unsupported for a record beyond kRecordBytesMax; those of the text source.
// Threads:  one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "producer/internal/file_text.h"

namespace tillstream::internal {

inline constexpr std::size_t kRecordBytesMax = 64 << 20;

inline constexpr std::string_view kDefaultKey = "invoice_no";
inline constexpr std::string_view kEventId = "event_id";

struct SourceRecord {
    std::string_view text;       ///< without its line end
    std::string_view key;        ///< partition key; empty if the record has none that can be read
    std::string_view time;       ///< text of the time column; empty if there is none
    std::uint64_t number = 0;    ///< data row from 1; blank lines are none
    bool takes_event_id = true;  ///< false: it has one, or cannot hold one
    bool spoiled = false;        ///< a broken CSV row, which could swallow rows behind it
};

enum class FileFormat : std::uint8_t { csv, json_lines, json_document };

/// By name, with or without .gz or .zst: .csv; .ndjson, .jsonl; .json.
Result<FileFormat> format_of(std::string_view path);

class RecordReader {
public:
    virtual ~RecordReader() = default;
    /// The next records, empty only at the end. Views live until the next call.
    virtual Result<std::span<const SourceRecord>> next() = 0;
    /// CSV: the header line without its end; known after the first next(). JSON: empty.
    virtual std::string_view head() const { return {}; }
    /// CSV: the file has event ids of its own.
    virtual bool has_event_ids() const { return false; }
    /// Whether some column can be the key; known after the first next().
    virtual bool has_key() const { return true; }
};

/// `source` must outlive the reader. `key`: name of the partition key column; empty: any spelling of
/// invoice_no.
std::unique_ptr<RecordReader> make_record_reader(FileFormat format, TextSource& source, std::string_view key);

/// Whether two column names are the same but for case, blanks and underscores.
bool same_name(std::string_view a, std::string_view b);
/// Whether a column of that name is a time, in the sense of --from and --to: it ends in date, time, stamp or
/// _at.
bool names_time(std::string_view name);

/// The unread part of a text.
class TextWindow {
public:
    explicit TextWindow(TextSource& source) : source_(source) {}

    std::string_view rest() const { return buffer_.view().substr(begin_); }
    /// Of rest(), to be changed in place.
    char* data() { return buffer_.data() + begin_; }
    void consume(std::size_t bytes) { begin_ += bytes; }
    bool ended() const { return ended_; }
    /// Reads on; views into rest() die. Unsupported beyond kRecordBytesMax.
    Status more();

private:
    TextSource& source_;
    Buffer buffer_;
    std::size_t begin_ = 0;
    bool ended_ = false;
};

}  // namespace tillstream::internal
