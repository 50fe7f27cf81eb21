// csv_file.h - rows of a CSV file of any size: CsvReader over a TextFile.
//
// Memory:    bounded by the largest record, not by the file.
// Errors:    invalid_argument (no readable header line), and those of TextFile. Broken rows are rows.
// Threads:   one at a time.
#pragma once

#include <string>
#include <vector>

#include "formats/csv.h"
#include "formats/text_file.h"

namespace tillstream {

class CsvFile {
public:
    /// Reads the header line.
    static Result<CsvFile> open(TextFile file, std::size_t record_bytes_max);

    const std::vector<std::string>& header() const { return header_; }
    /// False at the end. Views of a row live until the next call.
    Result<bool> next(CsvRow& row);
    std::uint64_t bytes_read() const { return file_.bytes_read(); }

private:
    CsvFile(TextFile file, std::size_t record_bytes_max);
    Status see_ahead();

    TextFile file_;
    CsvReader reader_;
    std::size_t ahead_;
    std::vector<std::string> header_;
};

}  // namespace tillstream
