#include "sinks/tables/internal/invoice_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/assert.h"
#include "sinks/tables/internal/layout.h"

namespace tillstream::tables {

namespace {

/// The head holds two countries, each beside a number that may be as long, and a share of the others.
constexpr std::size_t kTextsOfAnItem = 3;

Int128 decimal_at(const ColumnVector& column, std::size_t row) {
    return column.is_wide() ? column.wide[row] : Int128{column.ints[row]};
}

OptionalText text_at(const ColumnVector& column, std::size_t row) {
    if (!column.valid(row)) return std::nullopt;
    return column.strings[row].view();
}

Status refuse(std::string_view what, std::size_t bytes, std::size_t bytes_max) {
    return failure(Errc::invalid_argument,
                   fmt::format("{} has {} bytes, the tables hold at most {}", what, bytes, bytes_max));
}

/// A line is refused by itself, whatever it comes with: so the one record that is to blame can be found.
Status check_line(const RowBatch& rows, const SaleShape& shape, std::size_t row, const LineLimits& limits) {
    const std::string_view number = rows.column(shape.invoice_no).strings[row].view();
    if (number.size() > limits.invoice_no_bytes)
        return refuse("invoice_no", number.size(), limits.invoice_no_bytes);
    std::size_t texts = rows.column(shape.stock_code).strings[row].size;
    if (const ColumnVector& country = rows.column(shape.country); country.valid(row)) {
        texts += country.strings[row].size;
    }
    if (shape.description && rows.column(*shape.description).valid(row)) {
        texts += rows.column(*shape.description).strings[row].size;
    }
    if (texts > limits.text_bytes)
        return refuse("stock_code, description and country together", texts, limits.text_bytes);
    const Int128 limit = pow10(kAmountDigitsMax);
    const auto small = [&](Int128 amount) { return amount > -limit && amount < limit; };
    const Int128 price = decimal_at(rows.column(shape.unit_price), row);
    Int128 total = 0;
    const bool counted = shape.line_total ? (total = decimal_at(rows.column(*shape.line_total), row), true)
                                          : !__builtin_mul_overflow(
                                                price, Int128{rows.column(shape.quantity).ints[row]}, &total);
    if (counted && small(price) && small(total)) return {};
    return failure(Errc::invalid_argument,
                   fmt::format("unit_price or line_total has more than {} digits, the tables cannot hold it",
                               kAmountDigitsMax));
}

}  // namespace

InvoiceRows::InvoiceRows(const TableCapabilities& store)
    : limits_{std::min(store.partition_key_bytes_max, store.sort_key_bytes_max - kShareKeyBytes),
              store.item_bytes_max / kTextsOfAnItem} {}

const SaleShape* InvoiceRows::shape_of(const LogBatch& batch) {
    auto known = shapes_.find(batch.contract);
    if (known == shapes_.end()) {
        known = shapes_.emplace(batch.contract, sale_shape(batch.rows.batch->contract())).first;
    }
    return known->second ? &*known->second : nullptr;
}

Status InvoiceRows::deal(const SinkBatch& batch) {
    batches_.clear();
    rows_.clear();
    next_.clear();
    invoices_.clear();
    index_.clear();
    last_ = kNone;
    for (const LogBatch& log : batch.batches) {
        Batch& entry = batches_.emplace_back();
        if (log.kind != BatchKind::data || log.count() == 0) continue;
        TILLSTREAM_ASSERT(log.rows.batch != nullptr && log.rows.rows.size() == log.count());
        entry.log = &log;
        entry.rows = log.rows.batch.get();
        entry.shape = shape_of(log);
        if (entry.shape == nullptr) continue;
        entry.head = {log.source, entry.shape->price_scale, entry.shape->total_scale};
        TILLSTREAM_CHECK(deal(static_cast<std::uint32_t>(batches_.size() - 1)));
    }
    return {};
}

Status InvoiceRows::deal(std::uint32_t batch) {
    const Batch& entry = batches_[batch];
    const ColumnVector& numbers = entry.rows->column(entry.shape->invoice_no);
    const std::uint32_t count = entry.log->count();
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t row = entry.log->rows.rows[i];
        if (!entry.rows->accepted(row)) continue;
        TILLSTREAM_CHECK(check_line(*entry.rows, *entry.shape, row, limits_));
        append({batch, i}, numbers.strings[row].view());
    }
    return {};
}

void InvoiceRows::append(RowRef ref, std::string_view number) {
    const auto row = static_cast<std::uint32_t>(rows_.size());
    rows_.push_back(ref);
    next_.push_back(kNone);
    const auto fresh = static_cast<std::uint32_t>(invoices_.size());
    // Lines of one invoice mostly come one behind the other.
    const bool same_as_last = last_ != kNone && invoices_[last_].number == number;
    std::uint32_t found = last_;
    if (!same_as_last) {
        found = index_.find_or_add(std::hash<std::string_view>{}(number), fresh, [&](std::uint32_t invoice) {
            return invoices_[invoice].number == number;
        });
    }
    last_ = found;
    if (found == kNone) {
        last_ = fresh;
        invoices_.push_back({number, row, row});
        return;
    }
    next_[invoices_[found].last] = row;
    invoices_[found].last = row;
}

StoredLine InvoiceRows::line(std::uint32_t row) const {
    const RowRef ref = rows_[row];
    const Batch& batch = batches_[ref.batch];
    const SaleShape& shape = *batch.shape;
    const RowBatch& rows = *batch.rows;
    const std::uint32_t at = batch.log->rows.rows[ref.index];
    StoredLine line;
    line.offset = Offset{batch.log->base.value + ref.index};
    line.time = {rows.column(shape.invoice_date).ints[at]};
    line.stock_code = rows.column(shape.stock_code).strings[at].view();
    if (shape.description) line.description = text_at(rows.column(*shape.description), at);
    line.quantity = rows.column(shape.quantity).ints[at];
    line.unit_price = decimal_at(rows.column(shape.unit_price), at);
    line.line_total =
        shape.line_total ? decimal_at(rows.column(*shape.line_total), at) : line.unit_price * line.quantity;
    const ColumnVector& customers = rows.column(shape.customer_id);
    if (customers.valid(at)) line.customer = customers.ints[at];
    line.country = text_at(rows.column(shape.country), at);
    return line;
}

}  // namespace tillstream::tables
