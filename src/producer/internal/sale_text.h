// sale_text.h - one simulated sale as the JSON line a producer would send, good or broken in a chosen way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/time.h"
#include "producer/internal/catalogue.h"

namespace tillstream::internal {

/// What all lines of an invoice share, already written in the invoice's style.
struct InvoiceText {
    Style style = Style::web;
    std::string number;
    std::string head;   ///< `","InvoiceNo":"536365",`: follows the event id
    std::string dated;  ///< `,"InvoiceDate":"…","UnitPrice":`: follows the quantity
    std::string tail;   ///< `,"CustomerID":17850,"Country":"…"}` and line break: follows the price

    void set_number(Random& random, std::string_view invoice_no);
    void set_time(Random& random, Timestamp at);
    /// Customer 0: a sale without one.
    void set_buyer(Random& random, std::uint32_t customer_id, std::string_view country);
};

enum class PriceForm : std::uint8_t { plain, printed_double, four_decimals, exponent };

struct SaleLine {
    const Product* product = nullptr;
    std::int64_t quantity = 0;
    std::int64_t price = 0;  ///< scaled by 10^4
    PriceForm form = PriceForm::plain;
    bool other_case = false;  ///< the stock code's letter in the other case
    bool no_description = false;
    /// Instead of the product's, if not empty.
    std::string_view note = {};
};

void append_sale(std::string& out, std::string_view event_id, const InvoiceText& invoice,
                 const SaleLine& line);

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

void append_defective_sale(std::string& out, std::string_view event_id, const InvoiceText& invoice,
                           const SaleLine& line, Defect defect, Random& random);

}  // namespace tillstream::internal
