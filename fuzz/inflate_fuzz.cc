// Any bytes as compressed text: no crash, and limits hold.
#include <cstddef>
#include <cstdint>

#include "codec/compression.h"
#include "core/assert.h"

using namespace tillstream;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (auto encoding : {Encoding::gzip, Encoding::zstd}) {
        Buffer out;
        const auto status = inflate(encoding, bytes, out, {.max_bytes = 1 << 20});
        TILLSTREAM_ASSERT(out.size() <= (1 << 20));
        TILLSTREAM_ASSERT(status || out.empty());
    }
    return 0;
}
