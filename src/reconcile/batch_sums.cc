#include "reconcile/internal/batch_sums.h"

namespace tillstream {

std::vector<MeasureSum> no_sums(const Contract& contract) {
    std::vector<MeasureSum> sums;
    for (const std::string& measure : contract.measures) {
        const auto column = contract.find_column(measure);
        sums.push_back({measure, 0, column ? contract.column_type(*column).scale : 0});
    }
    return sums;
}

void add_rows(const Contract& contract, const LogBatch& batch, std::uint32_t count, StoreFigures& into) {
    std::vector<bool> rejected(batch.count());
    for (const Rejection& rejection : batch.records->rejections) rejected[rejection.index] = true;
    for (std::uint32_t i = 0; i < count; ++i) into.rows += rejected[i] ? 0 : 1;
    const RowBatch& rows = *batch.rows.batch;
    for (std::size_t m = 0; m < contract.measures.size(); ++m) {
        const auto column = rows.contract().find_column(contract.measures[m]);
        if (!column) continue;  // a version from before the measure existed
        const ColumnVector& values = rows.column(*column);
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint32_t row = batch.rows.rows[i];
            if (rejected[i] || !values.valid(row)) continue;
            into.sums[m].sum += values.is_wide() ? values.wide[row] : Int128{values.ints[row]};
        }
    }
}

}  // namespace tillstream
