// sale_text.h - one simulated sale as the JSON line a producer would send.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/time.h"
#include "producer/internal/catalogue.h"

namespace tillstream::internal {

/// What all lines of an invoice share, already written in the invoice's style.
struct InvoiceText {
    QuirkSet quirks = {};
    Style style = Style::web;
    std::string number = {};
    std::string head = {};   ///< `","InvoiceNo":"536365",`: follows the event id
    std::string dated = {};  ///< `,"InvoiceDate":"…","UnitPrice":`: follows the quantity
    std::string tail = {};   ///< `,"CustomerID":17850,"Country":"…"}` and line break: follows the price

    void set_number(Random& random, std::string_view invoice_no);
    void set_time(Random& random, Timestamp at);
    /// Customer 0: a sale without one.
    void set_buyer(Random& random, std::uint64_t customer_id, std::string_view country);
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

}  // namespace tillstream::internal
