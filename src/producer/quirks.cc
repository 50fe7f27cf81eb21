#include "producer/quirks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "config/nearest_name.h"

namespace tillstream {

namespace {

struct Described {
    std::string_view name, meaning;
};

/// In the order of the enumeration.
constexpr std::array<Described, kQuirks> kDescribed = {{
    {"cancellations", "invoices with C in front and negative quantities"},
    {"write-offs", "negative quantities without C and customer: 'damaged', '?', 'lost', '20713'"},
    {"bad-debts", "adjustments: invoices with A in front, also with a negative price"},
    {"missing-customers", "a quarter of the lines have no customer, always whole invoices"},
    {"missing-descriptions", "no description, only where there is no customer"},
    {"zero-prices", "lines and write-offs at price 0"},
    {"service-codes", "codes that are no product: POST, D, M, m, BANK CHARGES"},
    {"case-variants", "a code's letter in the other case: 85184c and 85184C"},
    {"repeated-codes", "a stock code several times in one invoice"},
    {"equal-lines", "lines that repeat the one before in full"},
    {"two-minutes", "the minute changes within an invoice"},
    {"long-invoices", "now and then 200 to 1,114 lines"},
    {"extreme-quantities", "hundreds of units, and up to 80,995"},
    {"two-countries", "a customer who buys from abroad"},
    {"several-descriptions", "another description for the same code"},
    {"quotes", "double quotes in descriptions"},
    {"commas", "commas in descriptions"},
    {"backslashes", "backslashes in descriptions"},
    {"non-ascii", "pound signs, accents, emoji and other scripts in descriptions"},
    {"blanks", "leading and trailing blanks, and tabs, in descriptions"},
    {"price-forms", "prices as printed doubles, with four decimals, with an exponent"},
    {"date-forms", "other forms of date and time, with offsets and fractions, or the date alone"},
    {"key-styles", "stores whose keys are invoice_no instead of InvoiceNo, with ISO times"},
    {"text-numbers", "stores that write every value as text, and nothing as empty text"},
    {"number-codes", "stores that write codes of digits as numbers, as pandas does"},
    {"float-ids", "whole numbers with a fraction: 17850.0, 536365.0"},
    {"escaped-slashes", "slashes as \\/ and characters beyond ASCII as \\u escapes, as pandas does"},
    {"absent-fields", "no customer: the key is left out instead of null"},
}};

const Described& described(Quirk quirk) { return kDescribed[static_cast<std::size_t>(quirk)]; }

std::optional<Quirk> quirk_named(std::string_view name) {
    for (std::size_t i = 0; i < kQuirks; ++i) {
        if (kDescribed[i].name == name) return static_cast<Quirk>(i);
    }
    return std::nullopt;
}

Error unknown_quirk(std::string_view name) {
    constexpr std::size_t kShownMax = 40;
    std::vector<std::string> names = {"all", "none"};
    for (const Described& one : kDescribed) names.emplace_back(one.name);
    const std::string_view shown = name.substr(0, kShownMax);
    return {Errc::invalid_argument,
            fmt::format("unknown quirk '{}'{}{}", shown, shown.size() < name.size() ? "…" : "",
                        suggestion(shown, names))};
}

}  // namespace

std::string_view to_string(Quirk quirk) { return described(quirk).name; }
std::string_view meaning_of(Quirk quirk) { return described(quirk).meaning; }

Result<QuirkSet> parse_quirks(std::string_view text) {
    if (text == "all") return QuirkSet::all();
    if (text == "none") return QuirkSet::none();
    QuirkSet set;
    for (std::string_view rest = text;;) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        const std::string_view name = rest.substr(0, comma);
        const std::optional<Quirk> quirk = quirk_named(name);
        if (!quirk) return failure(unknown_quirk(name));
        set = set.with(*quirk);
        if (comma == rest.size()) return set;
        rest.remove_prefix(comma + 1);
    }
}

}  // namespace tillstream
