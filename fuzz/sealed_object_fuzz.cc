// Any bytes as a sealed object, and as the index of one under right checksums: no crash, and what is read
// keeps its order and its bounds.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "adapters/memory/memory_object_store.h"
#include "codec/zstd_frame.h"
#include "core/assert.h"
#include "core/checksum.h"
#include "log/sealed_lake.h"

using namespace tillstream;

namespace {

constexpr std::string_view kName = "lake/raw/sales/year=2010/month=12/day=01/hour=08/s2-0-3.ndjson.zst";
/// Those of the worked example in docs/formats/sealed.md.
constexpr std::string_view kLines =
    "{\"InvoiceNo\":\"536365\"}\n{\"Quantity\":\"six\"}\n{\"InvoiceNo\":\"536366\"}\n";

void read_everything(std::string_view bytes) {
    MemoryObjectStore store;
    store.overwrite(kName, bytes);
    const SealedLake lake(store);
    std::uint64_t next = 0;
    SealedVisitor visitor;
    visitor.on_batch = [&](const SourceInfo& source, const LogBatch& batch) {
        TILLSTREAM_ASSERT(source.id == batch.source && batch.base.value >= next && batch.count() > 0);
        next = batch.end().value;
        TILLSTREAM_ASSERT(next <= 4);
        for (std::uint32_t i = 0; i < batch.count(); ++i)
            TILLSTREAM_ASSERT(batch.records->value(i).size() + batch.records->event_id(i).size() <=
                              bytes.size() * 32768);
        for (const Rejection& rejection : batch.records->rejections)
            TILLSTREAM_ASSERT(rejection.index < batch.count());
    };
    static_cast<void>(lake.scan("sales", BatchKind::data, visitor));
}

template <class T>
void append(Buffer& out, T number) {
    store_le(out.extend(sizeof number), number);
}

/// The example's lines with `index` behind them, as docs/formats/sealed.md has it.
Buffer object_with(std::string_view index) {
    Buffer out;
    ZstdFrameWriter zstd(3);
    TILLSTREAM_ASSERT(zstd.append(kLines, out));
    append<std::uint64_t>(out, 0x184D2A54);
    const std::size_t index_at = out.size();
    TILLSTREAM_ASSERT(zstd.append(index, out));
    const std::size_t footer_at = out.size();
    append<std::uint64_t>(out, 0);
    append<std::uint64_t>(out, 0);
    append<std::uint64_t>(out, footer_at + 64);
    append<std::uint64_t>(out, index_at);
    append(out, static_cast<std::uint32_t>(footer_at - index_at));
    append(out, static_cast<std::uint32_t>(index.size()));
    append(out, crc32c(out.view().substr(index_at, footer_at - index_at)));
    append<std::uint16_t>(out, 1);
    append<std::uint16_t>(out, 64);
    append<std::uint32_t>(out, 0);
    append(out, crc32c(out.view().substr(footer_at)));
    out.append("TILLSEA1");
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read_everything(bytes);
    read_everything(object_with(bytes).view());
    return 0;
}
