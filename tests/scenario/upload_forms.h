// upload_forms.h - one table of sales in every form a producer may send it.
//
// Forms:  CSV as ISO-8859-1 and UTF-8, with BOM, with CR, LF and CRLF; NDJSON; a JSON array; single rows as
//         pandas' to_json writes them (floats for integers, \/ and \u escapes, null); gzip, zstd.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tillstream {

/// Cells as text, UTF-8; the first row is the header.
using TextTable = std::vector<std::vector<std::string>>;

/// RFC 4180 with any line end; bytes of ISO-8859-1 become UTF-8.
TextTable parse_latin1_csv(std::string_view bytes);

struct Upload {
    std::string name;
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<std::string> bodies;  ///< one request each, in order
    bool chunked = false;             ///< sent in chunks, without Content-Length
};

std::vector<Upload> upload_forms(const TextTable& table);

}  // namespace tillstream
