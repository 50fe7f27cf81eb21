// csv_reader.h - rows of a CSV file as they stand, to be sent on without being decoded.
//
// Format:  comma, RFC 4180 quotes, line ends LF, CRLF or CR, mixed or not; blank lines are no rows.
// Broken:  a quote that is not closed within 1 MiB, or is closed before something other than a comma or line
//          end, costs the line where it opened; reading resumes on the next. So does a row over several lines
//          with another number of fields than the header: its quote was never meant to reach so far. A row of
//          one line is whole whatever its fields. The server cuts by the same rules (formats/csv.h), so that
//          row numbers and event ids are those of the rows it sees.
// Why own: rows must keep their bytes, so that the server judges what the file holds.
#pragma once

#include "producer/internal/record_reader.h"

namespace tillstream::internal {

class CsvReader final : public RecordReader {
public:
    CsvReader(TextSource& source, std::string_view key) : window_(source), key_name_(key) {}

    Result<std::span<const SourceRecord>> next() override;
    std::string_view head() const override { return head_; }
    bool has_event_ids() const override { return has_event_ids_; }
    bool has_key() const override { return key_column_ != kNone; }

private:
    static constexpr std::size_t kNone = ~std::size_t{0};

    struct Row {
        std::size_t size = 0;    ///< without line end
        std::size_t next = 0;    ///< where the following row starts
        std::size_t fields = 0;  ///< counted only of a row with quotes
        bool spoiled = false;
    };
    enum class Cut : std::uint8_t { row, more, end };

    Status read_head();
    void understand_head();
    std::size_t line_end(std::string_view text, std::size_t from) const;
    Cut cut_row(std::string_view text, Row& row);
    Cut cut_quoted_row(std::string_view text, Row& row) const;
    void take_rows();
    void take_row(std::string_view text, bool spoiled);

    TextWindow window_;
    std::string key_name_;
    std::string head_;
    std::size_t searched_ = 0;  ///< of the next row: so much of it is known to hold no line end
    bool head_read_ = false;
    bool has_event_ids_ = false;
    /// The first line's: each row is searched as far as the next of these for one of the other kind.
    char usual_end_ = '\n';
    std::size_t width_ = 0;  ///< fields of the header; 0 before it is read
    std::size_t key_column_ = kNone;
    std::size_t time_column_ = kNone;
    std::uint64_t number_ = 0;
    std::vector<SourceRecord> records_;
};

/// Content of one field of a row, as it stands but without surrounding quotes; empty if the row is shorter.
std::string_view csv_field(std::string_view row, std::size_t column);

}  // namespace tillstream::internal
