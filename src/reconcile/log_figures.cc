#include "reconcile/internal/log_figures.h"

#include <algorithm>
#include <set>

#include "delivery/row_loader.h"
#include "identity/ingest_fact.h"
#include "quarantine/sink_reject.h"
#include "reconcile/internal/batch_sums.h"

namespace tillstream {

namespace {

constexpr std::size_t kReadBytes = 8 << 20;

class Scan {
public:
    Scan(EventLog& log, const ContractStore& contracts, const Contract& contract,
         std::span<const Position> ends)
        : log_(log), loader_(contracts), contract_(contract), ends_(ends.size()), figures_(ends.size()) {
        for (std::size_t i = 0; i < ends.size(); ++i) {
            figures_[i].rows.sums = zero_sums();
            for (const SourceOffset& limit : ends[i]) ends_[i][limit.source] = limit.next;
        }
        for (const SourceInfo& source : log.sources()) {
            if (source.stream == kSystemStream) system_ = source.id;
        }
    }

    Result<std::vector<LogFigures>> run() {
        auto reader = TILLSTREAM_TRY(log_.open_reader("", ReadFrom::storage));
        while (true) {
            LogRead read = TILLSTREAM_TRY(reader->read(kReadBytes));
            figures_.front().gaps += static_cast<std::uint64_t>(
                std::count_if(read.gaps.begin(), read.gaps.end(),
                              [](const Gap& gap) { return gap.kind == Gap::Kind::damage; }));
            for (LogBatch& batch : read.batches) TILLSTREAM_CHECK(count(batch));
            if (read.batches.empty() || read.at_end) break;
        }
        return std::move(figures_);
    }

private:
    Status count(LogBatch& batch) {
        if (batch.kind == BatchKind::control) return count_control(batch);
        if (below(ends_.front(), batch) == 0) return {};
        TILLSTREAM_CHECK(loader_.load(batch));
        for (std::size_t i = 0; i < ends_.size(); ++i) {
            if (const std::uint32_t count = below(ends_[i], batch); count > 0)
                add_batch(batch, count, figures_[i]);
        }
        return {};
    }

    using Ends = std::map<SourceId, Offset>;

    /// How many records of the batch lie below the end.
    static std::uint32_t below(const Ends& ends, const LogBatch& batch) {
        const auto end = ends.find(batch.source);
        if (end == ends.end() || batch.base >= end->second) return 0;
        return static_cast<std::uint32_t>(
            std::min<std::uint64_t>(batch.count(), end->second.value - batch.base.value));
    }

    void add_batch(const LogBatch& batch, std::uint32_t count, LogFigures& into) const {
        const auto& rejections = batch.records->rejections;
        const auto rejected = static_cast<std::uint64_t>(
            std::count_if(rejections.begin(), rejections.end(),
                          [&](const Rejection& rejection) { return rejection.index < count; }));
        into.quarantined += rejected;
        into.accepted += count - rejected;
        add_rows(contract_, batch, count, into.rows);
    }

    Status count_control(const LogBatch& batch) {
        if (batch.source != system_) return {};
        for (std::uint32_t i = 0; i < below(ends_.front(), batch); ++i) {
            const auto fact = parse_ingest_fact(batch.records->value(i));
            if (fact && fact->stream == contract_.name) figures_.front().duplicates += fact->duplicates;
        }
        return count_refusals(batch);
    }

    /// A refusal may be on record twice (a crash between writing it and going on): it counts once.
    Status count_refusals(const LogBatch& batch) {
        for (std::uint32_t i = 0; i < batch.count(); ++i) {
            const auto reject = parse_sink_reject(batch.records->value(i));
            if (!reject || reject->stream != contract_.name) continue;
            const auto end = ends_.front().find(reject->source);
            if (end == ends_.front().end() || reject->offset >= end->second) continue;
            if (!seen_.insert({reject->sink, reject->source, reject->offset}).second) continue;
            LogBatch record;
            auto block = std::make_shared<RecordBlock>();
            block->values.append(reject->raw);
            block->values.push_back('\n');
            block->ends.push_back(static_cast<std::uint32_t>(block->values.size()));
            record.contract = reject->contract;
            record.records = block;
            TILLSTREAM_CHECK(loader_.load(record));
            StoreFigures& refused = figures_.front().refused[reject->sink];
            if (refused.sums.empty()) refused.sums = zero_sums();
            add_rows(contract_, record, 1, refused);
        }
        return {};
    }

    std::vector<MeasureSum> zero_sums() const { return no_sums(contract_); }

    EventLog& log_;
    RowLoader loader_;
    const Contract& contract_;
    std::vector<Ends> ends_;
    SourceId system_;
    std::set<std::tuple<std::string, SourceId, Offset>> seen_;
    std::vector<LogFigures> figures_;
};

}  // namespace

Result<std::vector<LogFigures>> scan_log(EventLog& log, const ContractStore& contracts,
                                         const Contract& contract, std::span<const Position> ends) {
    return Scan(log, contracts, contract, ends).run();
}

}  // namespace tillstream
