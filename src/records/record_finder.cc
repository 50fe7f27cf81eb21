#include "records/record_finder.h"

#include <algorithm>
#include <memory>

#include "core/assert.h"

namespace tillstream {

namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10;
/// Up to here it is less work to read on than to look up a new place.
constexpr std::uint64_t kNearRecords = 1'000;

/// Goes forward through one source.
class Walk {
public:
    Walk(EventLog& log, SourceId source) : log_(log), source_(source) {}

    /// Null if no batch holds the record any more. Good until the next call.
    Result<const LogBatch*> batch_with(Offset wanted) {
        if (reader_ == nullptr || wanted.value > passed_.value + kNearRecords) {
            reader_ = TILLSTREAM_TRY(log_.open_reader_at(source_, wanted));
            read_ = {};
            passed_ = wanted;
        }
        while (true) {
            for (const LogBatch& batch : read_.batches) {
                if (batch.source != source_ || batch.end() <= wanted) continue;
                return batch.base <= wanted ? &batch : nullptr;
            }
            read_ = TILLSTREAM_TRY(reader_->read(kReadBytes));
            if (read_.batches.empty()) return nullptr;
            for (const LogBatch& batch : read_.batches)
                if (batch.source == source_) passed_ = std::max(passed_, batch.end());
        }
    }

private:
    EventLog& log_;
    const SourceId source_;
    std::unique_ptr<LogReader> reader_;
    LogRead read_;
    Offset passed_;  ///< everything of the source before it lies behind the reader
};

}  // namespace

Status RecordFinder::find(SourceId source, std::span<const Offset> offsets, const Visit& visit) const {
    TILLSTREAM_ASSERT(std::is_sorted(offsets.begin(), offsets.end()));
    Walk walk(log_, source);
    for (const Offset offset : offsets) {
        const LogBatch* batch = TILLSTREAM_TRY(walk.batch_with(offset));
        const std::size_t place = batch ? static_cast<std::size_t>(offset.value - batch->base.value) : 0;
        TILLSTREAM_CHECK(visit({offset, batch, place}));
    }
    return {};
}

}  // namespace tillstream
