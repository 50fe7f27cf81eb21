#include "bench/bare/sale_figures.h"

#include <fmt/format.h>

#include <charconv>

namespace tillstream::bench {

namespace {

enum class Column : std::uint8_t { quantity, unit_price, customer_id, text };

Column column_of(std::string_view key) {
    if (key == "Quantity") return Column::quantity;
    if (key == "UnitPrice") return Column::unit_price;
    if (key == "CustomerID") return Column::customer_id;
    return Column::text;
}

bool parse_integer(std::string_view text, std::int64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

Error bad_field(const json::Field& field) {
    return {Errc::invalid_argument, fmt::format("{} is no number: '{}'", field.key, field.text)};
}

Error bad_record(const json::ScanError& error) {
    return {Errc::invalid_argument, fmt::format("byte {}: {}", error.offset, error.what)};
}

}  // namespace

void SaleFigures::add(const SaleFigures& other) {
    rows += other.rows;
    quantity += other.quantity;
    line_total += other.line_total;
}

std::string format_figures(const SaleFigures& figures) {
    return fmt::format(R"({{"rows":{},"quantity":{},"line_total":"{}"}})", figures.rows, figures.quantity,
                       format_decimal(figures.line_total, kPriceScale));
}

Status SaleReader::add_record(SaleFigures& figures) {
    constexpr DecimalFormat kPrice{.precision = 18, .scale = kPriceScale, .round = false};
    std::int64_t quantity = 0;
    std::int64_t customer = 0;
    Int128 price = 0;
    for (const json::Field& field : fields_) {
        bool good = true;
        switch (column_of(field.key)) {
            case Column::quantity: good = parse_integer(field.text, quantity); break;
            case Column::unit_price:
                good = parse_decimal(field.text, kPrice, price) == DecimalParse::ok;
                break;
            case Column::customer_id: good = parse_integer(field.text, customer); break;
            case Column::text: break;
        }
        if (!good) return failure(bad_field(field));
    }
    figures.add({1, quantity, Int128{quantity} * price});
    return {};
}

Result<SaleFigures> SaleReader::read_document(std::string_view body) {
    SaleFigures figures;
    if (const auto error = documents_.open(body)) return failure(bad_record(*error));
    json::Element element;
    while (documents_.next({}, element, fields_)) {
        if (element.error) return failure(bad_record(*element.error));
        TILLSTREAM_CHECK(add_record(figures));
    }
    if (documents_.error()) return failure(bad_record(*documents_.error()));
    return figures;
}

Result<SaleFigures> SaleReader::read_lines(std::string_view body) {
    SaleFigures figures;
    if (!lines_.begin_lines(body)) return failure(Errc::invalid_argument, "a line is no JSON");
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('\n'), body.size());
        if (const auto error = lines_.scan_line(body.substr(0, end), {}, fields_))
            return failure(bad_record(*error));
        TILLSTREAM_CHECK(add_record(figures));
        body.remove_prefix(std::min(end + 1, body.size()));
    }
    return figures;
}

}  // namespace tillstream::bench
