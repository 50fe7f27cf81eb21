// Any bytes as a record, as a document and as lines: no crash, and offsets lie within the text.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/assert.h"
#include "core/bytes.h"
#include "json/scanner.h"

using namespace tillstream;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Buffer text(std::string_view(reinterpret_cast<const char*>(data), size));
    std::vector<json::Field> fields;

    json::Scanner scanner;
    const auto alone = scanner.scan_object(text.view(), {}, fields);
    TILLSTREAM_ASSERT(!alone || alone->offset <= size);
    const bool one_line = text.view().find('\n') == std::string_view::npos;
    if (scanner.begin_lines(text.view()) && one_line) {
        const auto as_line = scanner.scan_line(text.view(), {}, fields);
        TILLSTREAM_ASSERT(as_line.has_value() == alone.has_value());
    }

    json::DocumentScanner document;
    if (!document.open(text.view())) {
        json::Element element;
        while (document.next({}, element, fields))
            TILLSTREAM_ASSERT(element.raw.data() + element.raw.size() <= text.data() + size);
    }
    return 0;
}
