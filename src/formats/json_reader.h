// json_reader.h - records of a JSON document: one object, or an array of them.
//
// Source:   FACES "Ingest": an element that is no object, is too large or too deep is broken alone; malformed
//           JSON spoils the whole text.
// Input:    UTF-8, Buffer::kPadding readable bytes behind it, alive until the last record is done with.
// Views:    into the text, or (Field::in_scratch) until the next call of next.
// Threads:  one at a time. Reused from text to text.
#pragma once

#include <optional>
#include <vector>

#include "contract/row_decoder.h"
#include "formats/record.h"
#include "json/scanner.h"

namespace tillstream {

class JsonReader {
public:
    explicit JsonReader(DecodeLimits limits) : limits_(limits) {}

    void open(std::string_view text);
    /// False at the end, or where the text is malformed: see error().
    bool next(JsonRecord& record);
    /// Set if the text is no JSON document of records; what was read from it is void then.
    std::optional<BodyError> error() const;

    /// Behind a text: gives back what only an odd one needs. Views of its records end.
    void trim();
    /// Memory held for the next text.
    std::size_t kept_bytes() const;

private:
    std::string_view up_to_end_of(std::string_view element) const;

    DecodeLimits limits_;
    std::string_view text_;
    json::DocumentScanner scanner_;
    std::vector<json::Field> fields_;
    std::size_t bom_ = 0;
};

}  // namespace tillstream
