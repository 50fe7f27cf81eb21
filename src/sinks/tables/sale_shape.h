// sale_shape.h - which contract's rows are lines of invoices, and where a line's values are in them.
#pragma once

#include <optional>

#include "contract/row_batch.h"
#include "contract/schema.h"

namespace tillstream {

/// Columns of RowBatch, by number.
struct SaleShape {
    std::size_t invoice_no = 0;
    std::size_t stock_code = 0;
    std::size_t quantity = 0;
    std::size_t invoice_date = 0;
    std::size_t unit_price = 0;
    std::size_t customer_id = 0;
    std::size_t country = 0;
    std::optional<std::size_t> description;
    std::optional<std::size_t> line_total;  ///< else quantity * unit_price
    int price_scale = 0;
    int total_scale = 0;
};

/// The shape of dataset `sales`, if the contract has the columns under their names, of the right types, and
/// those that make a line required; of every other dataset nothing.
std::optional<SaleShape> sale_shape(const Contract& contract);

/// Whether sale_shape may find something in a batch under this contract id ("sales@...").
bool may_hold_sales(std::string_view contract_id);

}  // namespace tillstream
