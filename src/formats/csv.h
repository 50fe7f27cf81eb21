// csv.h - rows of a CSV text, as real producers write it.
//
// Source:   FACES "Ingest" and RFC 4180: header line, quotes doubled inside quotes, line ends CRLF, LF or CR,
//           mixed or not, empty lines skipped, the last row needs no end. A quote inside an unquoted field is
//           a character.
// Faults:   a row with another number of fields than the header, over the size limit or not UTF-8 is broken
//           alone. A quote that never closes, or closes in the middle of a field, costs the line where it
//           opened and reading resumes on the next line; so does a row over several lines that does not fit
//           the header. A row is broken as soon as it is known to be, so one over several lines may have more
//           fields than were counted.
// Cost:     linear, whatever the text: what rows over several lines read in vain (given_back) is no more than
//           what was taken, and a few records of the largest size. Where it is more, quotes must close on
//           their line until the rest has caught up. This depends on the bytes alone.
// Input:    UTF-8 or not; no padding needed.
// Memory:   values are views into the text; only quoted ones with doubled quotes are copied, into the
//           reader's arena.
// Views:    live until the next open (Keep::all) or the next row (Keep::row).
// Threads:  one at a time. Reused from text to text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "contract/row_decoder.h"
#include "core/result.h"
#include "formats/internal/value_arena.h"
#include "formats/record.h"

namespace tillstream {

class CsvReader {
public:
    enum class Keep : std::uint8_t { all, row };

    explicit CsvReader(std::size_t record_bytes_max, Keep keep = Keep::all)
        : record_bytes_max_(record_bytes_max), keep_(keep) {}

    /// A whole text. A byte order mark is skipped.
    void open(std::string_view text);

    /// The first row: how many fields every other must have. Call once after open.
    std::optional<BodyError> read_header(std::vector<std::string_view>& names);
    /// False at the end of the text.
    bool next(CsvRow& row);

    /// For texts larger than memory: continues in `window`, which begins at position() of the one before.
    /// Unless it is the `last`, it must hold more than two records of the largest size behind each row that
    /// is read from it.
    void set_window(std::string_view window, bool last);
    /// Where the next row begins in the text or window.
    std::size_t position() const { return at_; }

    /// Behind a text: gives back what only an odd one needs. Views of its records end.
    void trim();
    /// Memory held for the next text.
    std::size_t kept_bytes() const;
    /// Bytes of the text so far that were read as part of a row and given back to the rows behind it.
    std::uint64_t given_back() const { return given_back_; }

private:
    enum class Cut : std::uint8_t { row, bad_quote };

    Cut split(std::size_t from);
    bool quoted(std::size_t& pos);
    bool spans_lines(std::size_t from, std::size_t to) const;
    bool is_lost(std::size_t from, std::size_t pos) const;
    std::size_t quotes_end(std::size_t from) const;
    std::string_view unquoted(std::size_t& pos) const;
    void keep_unescaped(std::string_view content, std::size_t quotes);
    std::size_t line_end(std::size_t from) const;
    void skip_line_ends();
    void judge(std::size_t from, CsvRow& row, Cut cut);
    void break_line(std::size_t from, CsvRow& row, BrokenRecord broken);

    std::size_t record_bytes_max_;
    Keep keep_;
    std::string_view text_;
    std::size_t at_ = 0;
    bool last_ = true;
    bool valid_ = true;         ///< the whole text or window is UTF-8
    bool inside_line_ = false;  ///< the window before ended within a line too long to keep
    std::size_t width_ = 0;
    std::vector<std::string_view> values_;
    internal::ValueArena arena_;
    bool too_long_ = false;       ///< the quote that is open does not close within a record
    std::size_t quotes_end_ = 0;  ///< quotes of the current row close before it
    std::uint64_t taken_ = 0;     ///< bytes of the rows of the text so far
    std::uint64_t given_back_ = 0;
    std::size_t row_end_ = 0;  ///< of the row just split, before its line end; how far it was read if broken
    std::size_t fault_ = 0;    ///< opening quote that spans lines or is bad; npos: none
};

}  // namespace tillstream
