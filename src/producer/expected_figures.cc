#include "producer/expected_figures.h"

#include <fmt/format.h>

#include "core/time.h"
#include "producer/internal/json_text.h"

namespace tillstream {

namespace {

constexpr int kMoneyScale = 4;

std::string totals_json(const ExpectedTotals& totals) {
    return fmt::format(R"({{"rows":{},"quantity":{},"line_total":"{}"}})", totals.rows, totals.quantity,
                       format_decimal(totals.line_total, kMoneyScale));
}

}  // namespace

std::string format_expected_json(const ExpectedFigures& figures) {
    std::string out = fmt::format(
        "{{\"sent\":{},\"accepted\":{},\"quarantined\":{},\"duplicates\":{},\"quantity\":{},\"line_total\":"
        "\"{}\","
        "\"invoices\":{},\"customers\":{},\n\"by_day\":{{",
        figures.sent, figures.accepted.rows, figures.quarantined, figures.duplicates,
        figures.accepted.quantity, format_decimal(figures.accepted.line_total, kMoneyScale), figures.invoices,
        figures.customers);
    const char* separator = "\n";
    for (const auto& [day, totals] : figures.by_day) {
        out += fmt::format("{}\"{}\":{}", separator, format_date(day), totals_json(totals));
        separator = ",\n";
    }
    out += "},\n\"by_country\":{";
    separator = "\n";
    for (const auto& [country, totals] : figures.by_country) {
        out += separator;
        internal::append_json_string(out, country, internal::JsonText::utf8);
        out += ':' + totals_json(totals);
        separator = ",\n";
    }
    out += "}}\n";
    return out;
}

}  // namespace tillstream
