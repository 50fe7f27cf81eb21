#include "delivery/batch_slice.h"

#include "core/assert.h"

namespace tillstream {

namespace {

void copy_run(const Buffer& from, const std::vector<std::uint32_t>& ends, std::uint32_t first,
              std::uint32_t last, Buffer& to, std::vector<std::uint32_t>& to_ends) {
    const std::uint32_t begin = first == 0 ? 0 : ends[first - 1];
    to.append(from.view().substr(begin, ends[last - 1] - begin));
    for (std::uint32_t i = first; i < last; ++i) to_ends.push_back(ends[i] - begin);
}

}  // namespace

LogBatch slice_batch(const LogBatch& batch, std::uint32_t from, std::uint32_t to) {
    TILLSTREAM_ASSERT(from < to && to <= batch.count());
    auto part = std::make_shared<RecordBlock>();
    const RecordBlock& whole = *batch.records;
    copy_run(whole.values, whole.ends, from, to, part->values, part->ends);
    if (!whole.event_id_ends.empty()) {
        copy_run(whole.event_ids, whole.event_id_ends, from, to, part->event_ids, part->event_id_ends);
    }
    for (const Rejection& rejection : whole.rejections) {
        if (rejection.index >= from && rejection.index < to) {
            part->rejections.push_back({rejection.index - from, rejection.errors});
        }
    }
    LogBatch slice = batch;
    slice.base = Offset{batch.base.value + from};
    slice.records = std::move(part);
    if (batch.rows.batch) {
        slice.rows.rows.assign(batch.rows.rows.begin() + from, batch.rows.rows.begin() + to);
    }
    return slice;
}

}  // namespace tillstream
