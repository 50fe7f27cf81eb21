#include "delivery/internal/chunk_reader.h"

#include <algorithm>
#include <utility>

#include "delivery/batch_slice.h"

namespace tillstream {

Result<Chunk> ChunkReader::read() {
    if (!reader_) reader_ = TILLSTREAM_TRY(log_.open_reader(place_.cursor));
    Result<Chunk> chunk = read_from_reader();
    if (chunk)
        place_ = chunk->end;
    else
        reader_.reset();
    return chunk;
}

Result<Chunk> ChunkReader::read_from_reader() {
    LogRead read = TILLSTREAM_TRY(reader_->read(chunk_bytes_));
    Chunk chunk;
    chunk.at_end = read.batches.empty();
    for (Gap& gap : read.gaps) {
        // The log does not know what this sink had before retention took it.
        if (gap.kind == Gap::Kind::retention) {
            gap.from = std::max(gap.from, place_.next_of(gap.source));
            if (gap.to <= gap.from) continue;
        }
        chunk.gaps.push_back(std::move(gap));
    }
    chunk.end = {place_.next, std::move(read.cursor)};
    for (LogBatch& batch : read.batches) {
        Offset& end = chunk.end.next[batch.source];
        if (batch.end() <= end) continue;
        if (batch.base < end) {
            const std::uint64_t seen = end.value - batch.base.value;
            batch = slice_batch(batch, static_cast<std::uint32_t>(seen), batch.count());
        }
        end = batch.end();
        if (!sink_.wants(batch)) continue;
        TILLSTREAM_CHECK(loader_.load(batch));
        chunk.batches.push_back(std::move(batch));
    }
    return chunk;
}

}  // namespace tillstream
