#include "reconcile/internal/log_figures.h"

#include <set>

#include "delivery/batch_slice.h"
#include "delivery/row_loader.h"
#include "quarantine/sink_reject.h"

namespace tillstream {

namespace {

constexpr std::size_t kReadBytes = 8 << 20;

class Scan {
public:
    Scan(EventLog& log, const ContractStore& contracts, const Contract& contract, const Position& end)
        : log_(log), loader_(contracts), contract_(contract) {
        figures_.rows.sums = zero_sums();
        for (const SourceOffset& limit : end) ends_[limit.source] = limit.next;
        for (const SourceInfo& source : log.sources()) {
            if (source.stream == kSystemStream) system_ = source.id;
        }
    }

    Result<LogFigures> run() {
        auto reader = TILLSTREAM_TRY(log_.open_reader("", ReadFrom::storage));
        while (true) {
            LogRead read = TILLSTREAM_TRY(reader->read(kReadBytes));
            figures_.gaps += read.gaps.size();
            for (LogBatch& batch : read.batches) TILLSTREAM_CHECK(count(batch));
            if (read.batches.empty() || read.at_end) break;
        }
        return std::move(figures_);
    }

private:
    Status count(LogBatch& batch) {
        if (batch.kind == BatchKind::control) return count_refusals(batch);
        const auto end = ends_.find(batch.source);
        if (end == ends_.end() || batch.base >= end->second) return {};
        if (batch.end() > end->second) {
            batch = slice_batch(batch, 0, static_cast<std::uint32_t>(end->second.value - batch.base.value));
        }
        const std::uint64_t rejected = batch.records->rejections.size();
        figures_.quarantined += rejected;
        figures_.accepted += batch.count() - rejected;
        TILLSTREAM_CHECK(loader_.load(batch));
        add_rows(batch, figures_.rows);
        return {};
    }

    void add_rows(const LogBatch& batch, StoreFigures& into) const {
        std::set<std::uint32_t> rejected;
        for (const Rejection& rejection : batch.records->rejections) rejected.insert(rejection.index);
        into.rows += batch.count() - rejected.size();
        const RowBatch& rows = *batch.rows.batch;
        for (std::size_t m = 0; m < contract_.measures.size(); ++m) {
            const auto column = rows.contract().find_column(contract_.measures[m]);
            if (!column) continue;  // a version from before the measure existed
            const ColumnVector& values = rows.column(*column);
            for (std::uint32_t i = 0; i < batch.count(); ++i) {
                const std::uint32_t row = batch.rows.rows[i];
                if (rejected.contains(i) || !values.valid(row)) continue;
                into.sums[m].sum += values.is_wide() ? values.wide[row] : Int128{values.ints[row]};
            }
        }
    }

    /// A refusal may be on record twice (a crash between writing it and going on): it counts once.
    Status count_refusals(const LogBatch& batch) {
        if (batch.source != system_) return {};
        for (std::uint32_t i = 0; i < batch.count(); ++i) {
            const auto reject = parse_sink_reject(batch.records->value(i));
            if (!reject || reject->stream != contract_.name) continue;
            const auto end = ends_.find(reject->source);
            if (end == ends_.end() || reject->offset >= end->second) continue;
            if (!seen_.insert({reject->sink, reject->source, reject->offset}).second) continue;
            LogBatch record;
            auto block = std::make_shared<RecordBlock>();
            block->values.append(reject->raw);
            block->values.push_back('\n');
            block->ends.push_back(static_cast<std::uint32_t>(block->values.size()));
            record.contract = reject->contract;
            record.records = block;
            TILLSTREAM_CHECK(loader_.load(record));
            StoreFigures& refused = figures_.refused[reject->sink];
            if (refused.sums.empty()) refused.sums = zero_sums();
            add_rows(record, refused);
        }
        return {};
    }

    std::vector<MeasureSum> zero_sums() const {
        std::vector<MeasureSum> sums;
        for (const std::string& measure : contract_.measures) {
            const auto column = contract_.find_column(measure);
            sums.push_back({measure, 0, column ? contract_.column_type(*column).scale : 0});
        }
        return sums;
    }

    EventLog& log_;
    RowLoader loader_;
    const Contract& contract_;
    std::map<SourceId, Offset> ends_;
    SourceId system_;
    std::set<std::tuple<std::string, SourceId, Offset>> seen_;
    LogFigures figures_;
};

}  // namespace

Result<LogFigures> scan_log(EventLog& log, const ContractStore& contracts, const Contract& contract,
                            const Position& end) {
    return Scan(log, contracts, contract, end).run();
}

}  // namespace tillstream
