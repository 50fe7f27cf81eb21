// json_reader.h - records of NDJSON files, and of documents that are one array or values behind each other.
//
// Broken:  a line or element that is no JSON is still a record: the server shall judge it. It has no key, and
//          takes an event id only if it begins as an object. A document is cut by brackets and quotes alone;
//          where those do not add up, the rest is one record.
// Lines:   line breaks of an element become blanks, but inside a string, where JSON forbids them, U+0001, so
//          that the server refuses the element as it would the document.
#pragma once

#include "json/scanner.h"
#include "producer/internal/record_reader.h"

namespace tillstream::internal {

class JsonReader final : public RecordReader {
public:
    JsonReader(TextSource& source, std::string_view key, FileFormat format);
    Result<std::span<const SourceRecord>> next() override;

private:
    void take_lines();
    void take_elements();
    /// False if more text is needed.
    bool take_element();
    void take_record(std::string_view text);
    void understand(SourceRecord& record);

    TextWindow window_;
    std::string key_;
    const FileFormat format_;
    bool lines_open_ = false;  ///< the scanner has the structure of the whole window
    std::uint64_t number_ = 0;
    json::Scanner scanner_;
    std::vector<json::Field> fields_;
    std::vector<SourceRecord> records_;
    std::string kept_;  ///< unescaped texts of the window; never grows while records point into it
};

}  // namespace tillstream::internal
