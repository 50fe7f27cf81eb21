// defective_sale.h - a simulated sale spoilt in a chosen way: every error code that one JSON record can get
//     under the built-in contract.
//
// Not here: unknown_field, since the contract keeps unknown fields.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "producer/internal/sale_text.h"

namespace tillstream::internal {

/// Ways a record is refused, with the error code each must get.
enum class Defect : std::uint8_t {
    missing_field,    ///< required
    null_field,       ///< required
    worded_quantity,  ///< type
    broken_quantity,  ///< type: 1.5
    huge_quantity,    ///< range
    impossible_date,  ///< range
    worded_date,      ///< format
    numeric_date,     ///< type
    five_decimals,    ///< scale
    comma_price,      ///< type
    currency_price,   ///< type
    absurd_price,     ///< rule
    bool_stock_code,  ///< type
    repeated_key,     ///< duplicate_field
    two_aliases,      ///< duplicate_field
    cut_line,         ///< syntax
    no_object,        ///< type
    half_surrogate,   ///< encoding; raw bytes that are no UTF-8 would make the whole file look like Latin-1
    too_deep,         ///< depth
    oversize,         ///< size; as long as 1 MiB, hence rare
};
inline constexpr std::uint32_t kDefects = 20;

/// The event id of such a record can be read, so that the server can know it again.
constexpr bool has_readable_id(Defect defect) { return defect < Defect::cut_line; }
/// All alike but for the rare oversize.
Defect draw_defect(Random& random);

void append_defective_sale(std::string& out, std::string_view event_id, const InvoiceText& invoice,
                           const SaleLine& line, Defect defect, Random& random);

}  // namespace tillstream::internal
