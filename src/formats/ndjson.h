// ndjson.h - records of a text with one JSON object a line.
//
// Source:   FACES "Ingest": LF or CRLF, blank lines skipped, the last line needs no end; a broken line costs
//           itself.
// Place:    bodies of producers, and replay of sealed raw objects.
// Input:    UTF-8 or not (a line that is not is broken), Buffer::kPadding readable bytes behind it.
// Cost:     one indexing pass for each window of lines; only a window that holds a bad line is read line by
//           line.
// Views:    into the text, or (Field::in_scratch) until the next call of next.
// Threads:  one at a time. Reused from text to text.
#pragma once

#include <vector>

#include "contract/row_decoder.h"
#include "formats/record.h"
#include "json/scanner.h"

namespace tillstream {

class NdjsonReader {
public:
    explicit NdjsonReader(DecodeLimits limits) : limits_(limits) {}

    void open(std::string_view text);
    bool next(JsonRecord& record);

    /// Behind a text: gives back what only an odd one needs. Views of its records end.
    void trim();
    /// Memory held for the next text.
    std::size_t kept_bytes() const;

private:
    bool next_window();
    std::string_view cut_line();
    void judge(std::string_view line, JsonRecord& record);

    DecodeLimits limits_;
    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t window_end_ = 0;
    bool indexed_ = false;
    json::Scanner scanner_;
    std::vector<json::Field> fields_;
};

}  // namespace tillstream
