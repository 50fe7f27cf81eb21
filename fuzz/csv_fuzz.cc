// Any bytes as a CSV text: no crash, and every byte but line ends belongs to just one row.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/assert.h"
#include "formats/csv.h"

using namespace tillstream;

namespace {

std::size_t payload(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return c != '\n' && c != '\r'; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    CsvReader reader(64);
    reader.open(text);
    std::vector<std::string_view> names;
    if (reader.read_header(names)) return 0;
    const std::size_t sent = payload(text.substr(reader.position()));
    std::size_t seen = 0;
    CsvRow row;
    while (reader.next(row)) {
        TILLSTREAM_ASSERT(row.broken || row.values.size() == names.size());
        seen += payload(row.raw);
    }
    TILLSTREAM_ASSERT(seen == sent);
    return 0;
}
