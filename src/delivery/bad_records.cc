#include "delivery/bad_records.h"

#include <algorithm>

#include "delivery/batch_slice.h"

namespace tillstream {

namespace {

/// Records of all batches, numbered through.
class Search {
public:
    Search(Sink& sink, const std::vector<LogBatch>& batches, const SickLimits& limits)
        : sink_(sink), batches_(batches), limits_(limits) {
        starts_.push_back(0);
        for (const LogBatch& batch : batches) starts_.push_back(starts_.back() + batch.count());
    }

    Result<std::vector<BadRecord>> run() {
        TILLSTREAM_CHECK(halve(0, starts_.back()));
        return std::move(bad_);
    }

private:
    Status halve(std::size_t from, std::size_t to) {
        if (from == to) return {};
        const Status outcome = sink_.rehearse({range(from, to), {}});
        if (outcome) return {};
        if (outcome.error().code != Errc::invalid_argument) return outcome;
        if (to - from == 1) return blame(from, outcome.error().message);
        const std::size_t middle = from + (to - from) / 2;
        TILLSTREAM_CHECK(halve(from, middle));
        return halve(middle, to);
    }

    Status blame(std::size_t record, const std::string& error) {
        in_a_row_ = record == last_bad_ + 1 && !bad_.empty() ? in_a_row_ + 1 : 1;
        last_bad_ = record;
        const std::size_t batch = batch_of(record);
        bad_.push_back({batch, static_cast<std::uint32_t>(record - starts_[batch]), error});
        const auto allowed = static_cast<std::size_t>(
            limits_.share_max * static_cast<double>(std::max(limits_.window, starts_.back())));
        if (in_a_row_ >= limits_.in_a_row_max || bad_.size() > allowed) {
            return failure(Errc::unavailable, "sink refuses too many records (" +
                                                  std::to_string(bad_.size()) + ", last: " + error +
                                                  "); taken for a sick sink, nothing quarantined");
        }
        return {};
    }

    std::size_t batch_of(std::size_t record) const {
        return static_cast<std::size_t>(std::upper_bound(starts_.begin(), starts_.end(), record) -
                                        starts_.begin()) -
               1;
    }

    std::vector<LogBatch> range(std::size_t from, std::size_t to) const {
        std::vector<LogBatch> part;
        for (std::size_t b = batch_of(from); b < batches_.size() && starts_[b] < to; ++b) {
            const std::size_t first = std::max(from, starts_[b]) - starts_[b];
            const std::size_t last = std::min(to, starts_[b + 1]) - starts_[b];
            if (first == last) continue;
            const bool whole = first == 0 && last == batches_[b].count();
            part.push_back(whole ? batches_[b]
                                 : slice_batch(batches_[b], static_cast<std::uint32_t>(first),
                                               static_cast<std::uint32_t>(last)));
        }
        return part;
    }

    Sink& sink_;
    const std::vector<LogBatch>& batches_;
    const SickLimits& limits_;
    std::vector<std::size_t> starts_;
    std::vector<BadRecord> bad_;
    std::size_t last_bad_ = 0;
    std::size_t in_a_row_ = 0;
};

}  // namespace

Result<std::vector<BadRecord>> find_bad_records(Sink& sink, const std::vector<LogBatch>& batches,
                                                const SickLimits& limits) {
    if (const Status healthy = sink.probe(); !healthy) {
        return failure(Errc::unavailable, "sink refuses known-good data: " + healthy.error().message);
    }
    return Search(sink, batches, limits).run();
}

std::vector<LogBatch> without_records(const std::vector<LogBatch>& batches,
                                      const std::vector<BadRecord>& bad) {
    std::vector<LogBatch> left;
    auto next_bad = bad.begin();
    for (std::size_t b = 0; b < batches.size(); ++b) {
        if (next_bad == bad.end() || next_bad->batch != b) {
            left.push_back(batches[b]);
            continue;
        }
        std::uint32_t from = 0;
        for (; next_bad != bad.end() && next_bad->batch == b; ++next_bad) {
            if (from < next_bad->index) left.push_back(slice_batch(batches[b], from, next_bad->index));
            from = next_bad->index + 1;
        }
        if (from < batches[b].count()) left.push_back(slice_batch(batches[b], from, batches[b].count()));
    }
    return left;
}

}  // namespace tillstream
