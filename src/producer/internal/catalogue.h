// catalogue.h - what a simulated shop sells and to whom, with the JSON of each product written once.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "producer/quirks.h"
#include "producer/random.h"

namespace tillstream::internal {

/// How one producer writes a sale. All are read alike by the built-in contract.
enum class Style : std::uint8_t {
    web,     ///< keys of the original CSV, numbers as numbers
    pandas,  ///< DataFrame.to_json: numeric text columns as numbers, 17850.0, escaped slashes
    snake,   ///< snake_case keys, ISO times
    till,    ///< every value a string
};
inline constexpr std::size_t kStyles = 4;
/// Those that the quirks allow; never none.
std::vector<Style> styles_of(QuirkSet quirks);

struct StyleKeys {
    std::string_view invoice_no, stock_code, description, quantity, invoice_date, unit_price, customer_id,
        country;
};
const StyleKeys& keys_of(Style style);

struct Product {
    std::string stock_code;
    std::string description;
    std::string other_description;  ///< empty: it always has the same
    std::int64_t price = 0;         ///< scaled by 10^4
    /// `"StockCode":…,"Description":…,"Quantity":` (in style till with the opening quote of the quantity).
    std::array<std::string, kStyles> fields;
    /// The price as a double prints with 17 digits ("2.5499999999999998"); empty if that is no longer than
    /// needed.
    std::string printed_double;
};

/// The fields of a product in one style; null: no description.
std::string product_fields(Style style, QuirkSet quirks, std::string_view stock_code,
                           const std::string* description);

/// Most popular first. No two have the same code.
std::vector<Product> make_products(Random& random, std::uint32_t count, QuirkSet quirks);

/// 38 names.
const std::vector<std::string>& country_names();
/// Skewed: nine of ten are the home country.
std::uint32_t draw_country(Random& random, std::uint32_t home);

/// Up to four decimals without trailing zeros, as the shop's files have it: "2.55", "4", "0.001",
/// "-11062.06".
void append_price(std::string& out, std::int64_t scaled);

}  // namespace tillstream::internal
