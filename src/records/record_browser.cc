#include "records/record_browser.h"

#include <fmt/format.h>

#include <algorithm>

#include "ports/position_lookup.h"

namespace tillstream {

namespace {

constexpr std::size_t kPageBytes = std::size_t{16} << 20;
constexpr std::size_t kReadBytes = std::size_t{1} << 20;

Result<SourceId> find_source(const EventLog& log, std::string_view stream, ShardId shard) {
    std::uint32_t shards = 0;
    for (const SourceInfo& source : log.sources()) {
        if (source.stream != stream) continue;
        if (source.shard == shard) return source.id;
        ++shards;
    }
    if (shards == 0) return failure(Errc::not_found, fmt::format("no stream named {}", stream));
    return failure(Errc::not_found, fmt::format("stream {} has no shard {}: there are 0 to {}", stream,
                                                shard.value, shards - 1));
}

/// Fills a page from the batches of one source.
class PageBuilder {
public:
    PageBuilder(SourceId source, Offset from, std::size_t limit)
        : source_(source), from_(from), limit_(limit) {}

    bool full() const { return page_.records.size() >= limit_ || bytes_ >= kPageBytes; }
    Offset next() const { return from_; }

    void add(LogRead read) {
        for (Gap& gap : read.gaps)
            if (gap.source == source_ && gap.to > from_) page_.gaps.push_back(std::move(gap));
        for (LogBatch& batch : read.batches) {
            if (full()) return;
            if (batch.source == source_ && batch.end() > from_) add(std::move(batch));
        }
    }
    RecordPage finish() && { return std::move(page_); }

private:
    void add(LogBatch batch) {
        const RecordBlock& block = *batch.records;
        const auto begin =
            from_ > batch.base ? static_cast<std::uint32_t>(from_.value - batch.base.value) : 0;
        auto rejection = std::find_if(block.rejections.begin(), block.rejections.end(),
                                      [&](const Rejection& r) { return r.index >= begin; });
        for (std::uint32_t i = begin; i < block.count() && !full(); ++i) {
            SeenRecord record{Offset{batch.base.value + i}, batch.arrived, block.value(i), block.event_id(i),
                              nullptr};
            if (rejection != block.rejections.end() && rejection->index == i)
                record.rejection = &*rejection++;
            bytes_ += record.raw.size();
            from_ = Offset{record.offset.value + 1};
            page_.records.push_back(record);
        }
        page_.batches.push_back(std::move(batch));
    }

    const SourceId source_;
    Offset from_;
    const std::size_t limit_;
    std::size_t bytes_ = 0;
    RecordPage page_;
};

}  // namespace

Result<RecordPage> RecordBrowser::page(std::string_view stream, ShardId shard, Offset from,
                                       std::size_t limit) {
    const SourceId source = TILLSTREAM_TRY(find_source(log_, stream, shard));
    const Offset end = next_in(log_.durable_end(), source).value_or(Offset{});
    PageBuilder builder(source, from, std::max<std::size_t>(limit, 1));
    const auto reader = TILLSTREAM_TRY(log_.open_reader_at(source, from));
    while (!builder.full() && builder.next() < end) {
        LogRead read = TILLSTREAM_TRY(reader->read(kReadBytes));
        const bool last = read.batches.empty();
        builder.add(std::move(read));
        if (last) break;
    }
    const Offset next = builder.next();
    const bool more = builder.full() && next < end;
    RecordPage page = std::move(builder).finish();
    if (!more) return page;
    page.next = next;
    // What is missing behind this page is told by the next one.
    std::erase_if(page.gaps, [&](const Gap& gap) { return gap.from >= next; });
    return page;
}

}  // namespace tillstream
