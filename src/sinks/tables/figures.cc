#include "sinks/tables/figures.h"

#include <algorithm>
#include <map>

#include "sinks/tables/internal/layout.h"
#include "sinks/tables/internal/values.h"

namespace tillstream {

namespace {

using tables::ChunkHead;
using tables::ChunkReader;
using tables::StoredLine;

enum class Measure : std::uint8_t { quantity, unit_price, line_total };

std::optional<Measure> measure_of(std::string_view name) {
    if (name == "quantity") return Measure::quantity;
    if (name == "unit_price") return Measure::unit_price;
    if (name == "line_total") return Measure::line_total;
    return std::nullopt;
}

class LineScan {
public:
    LineScan(const SourceList& sources, const Contract& contract, std::span<const ShardEnd> ends) {
        for (const SourceInfo& source : sources()) {
            if (source.stream != contract.name) continue;
            for (const ShardEnd& end : ends) {
                if (end.shard != source.shard) continue;
                ends_[source.id] = {end.first, end.end};
            }
        }
        for (const std::string& name : contract.measures) {
            const auto measure = measure_of(name);
            if (!measure) continue;
            measures_.push_back(*measure);
            figures_.sums.push_back({name, 0, scale_in(contract, name)});
        }
    }

    Status add(const TableItem& item) {
        std::uint64_t first = 0;
        if (tables::read_lines_sort(item.sort(), first)) {
            return add(TILLSTREAM_TRY(tables::read_value(item, ChunkReader::open)));
        }
        if (item.sort() != TableKeyPart{tables::kHeadSort}) return {};
        const tables::Head head = TILLSTREAM_TRY(tables::read_value(item, tables::read_head));
        return head.first_lines.empty() ? Status{} : add(TILLSTREAM_TRY(ChunkReader::open(head.first_lines)));
    }

    StoreFigures take() { return std::move(figures_); }

private:
    Status add(ChunkReader chunk) {
        const auto end = ends_.find(chunk.head().source);
        while (!chunk.at_end()) {
            const StoredLine line = TILLSTREAM_TRY(chunk.next());
            if (end == ends_.end() || line.offset < end->second.first || line.offset >= end->second.second)
                continue;
            ++figures_.rows;
            TILLSTREAM_CHECK(add(chunk.head(), line));
        }
        return {};
    }

    static int scale_in(const Contract& contract, std::string_view name) {
        for (std::size_t i = 0; i < contract.width(); ++i) {
            if (contract.column_name(i) == name) return contract.column_type(i).scale;
        }
        return 0;
    }

    Status add(const ChunkHead& head, const StoredLine& line) {
        for (std::size_t m = 0; m < measures_.size(); ++m) {
            tables::Sums sum{0, 0, figures_.sums[m].sum, figures_.sums[m].scale};
            tables::Sums more;
            switch (measures_[m]) {
                case Measure::quantity: more.total = line.quantity; break;
                case Measure::unit_price: more = {0, 0, line.unit_price, head.price_scale}; break;
                case Measure::line_total: more = {0, 0, line.line_total, head.total_scale}; break;
            }
            if (!sum.add(more))
                return failure(Errc::resource_exhausted, "a sum of all lines exceeds 128 bits");
            figures_.sums[m].sum = sum.total;
            figures_.sums[m].scale = sum.scale;
        }
        return {};
    }

    std::map<SourceId, std::pair<Offset, Offset>> ends_;  ///< first, and behind the last
    std::vector<Measure> measures_;
    StoreFigures figures_;
};

}  // namespace

Result<StoreFigures> scan_lines(TableStore& store, const SourceList& sources, const Contract& contract,
                                std::span<const ShardEnd> ends) {
    LineScan scan(sources, contract, ends);
    Status outcome;
    TILLSTREAM_CHECK(store.scan(tables::kInvoices, [&](const TableItem& item) {
        outcome = scan.add(item);
        return outcome.has_value();
    }));
    TILLSTREAM_CHECK(std::move(outcome));
    return scan.take();
}

}  // namespace tillstream
