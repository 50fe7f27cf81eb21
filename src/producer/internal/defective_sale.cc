#include "producer/internal/defective_sale.h"

#include <fmt/format.h>

namespace tillstream::internal {

namespace {

/// The text of the value of `key` in a line written here: [first, last).
struct Span {
    std::size_t first = 0, last = 0;
};

Span value_of(const std::string& line, std::string_view key) {
    const std::string quoted = fmt::format("\"{}\":", key);
    Span span;
    span.first = line.find(quoted) + quoted.size();
    span.last = span.first;
    const bool text = line[span.first] == '"';
    if (!text) {
        span.last = line.find_first_of(",}", span.first);
        return span;
    }
    for (span.last = span.first + 1; line[span.last] != '"'; ++span.last) {
        if (line[span.last] == '\\') ++span.last;
    }
    ++span.last;
    return span;
}

void replace_value(std::string& line, std::string_view key, std::string_view value) {
    const Span span = value_of(line, key);
    line.replace(span.first, span.last - span.first, value);
}

void remove_field(std::string& line, std::string_view key) {
    const Span span = value_of(line, key);
    const std::size_t start = span.first - key.size() - 3;
    // Never the first field (that is the event id), so a comma stands before it.
    line.erase(start - 1, span.last - start + 1);
}

void add_field(std::string& line, std::string_view field) {
    line.insert(line.rfind('}'), fmt::format(",{}", field));
}

std::string_view required_key(const StyleKeys& keys, Random& random) {
    const std::array<std::string_view, 5> required = {keys.invoice_no, keys.stock_code, keys.quantity,
                                                      keys.invoice_date, keys.unit_price};
    return required[random.below(required.size())];
}

/// Defects of one value.
bool damage_value(std::string& line, const StyleKeys& keys, Defect defect, Random& random) {
    switch (defect) {
        case Defect::null_field: replace_value(line, required_key(keys, random), "null"); return true;
        case Defect::worded_quantity: replace_value(line, keys.quantity, "\"six\""); return true;
        case Defect::broken_quantity: replace_value(line, keys.quantity, "1.5"); return true;
        case Defect::huge_quantity: replace_value(line, keys.quantity, "99999999999999999999"); return true;
        case Defect::impossible_date:
            replace_value(line, keys.invoice_date, "\"2/30/2011 9:41\"");
            return true;
        case Defect::worded_date: replace_value(line, keys.invoice_date, "\"yesterday\""); return true;
        case Defect::numeric_date: replace_value(line, keys.invoice_date, "40513.35"); return true;
        case Defect::five_decimals: replace_value(line, keys.unit_price, "2.55555"); return true;
        case Defect::comma_price: replace_value(line, keys.unit_price, "\"2,55\""); return true;
        case Defect::currency_price: replace_value(line, keys.unit_price, "\"£2.55\""); return true;
        case Defect::absurd_price: replace_value(line, keys.unit_price, "250000"); return true;
        case Defect::bool_stock_code: replace_value(line, keys.stock_code, "true"); return true;
        default: return false;
    }
}

/// The start of the character that holds this byte.
std::size_t character_start(std::string_view text, std::size_t at) {
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    return at;
}

/// Defects of the record as a whole.
void damage_record(std::string& line, Style style, Defect defect, Random& random) {
    constexpr std::size_t kOversize = (1U << 20) + 64;
    constexpr std::size_t kTooDeep = 40;
    const StyleKeys& keys = keys_of(style);
    switch (defect) {
        case Defect::missing_field: remove_field(line, required_key(keys, random)); return;
        case Defect::repeated_key: add_field(line, fmt::format("\"{}\":1", keys.quantity)); return;
        case Defect::two_aliases:
            add_field(line, fmt::format("\"{}\":1", style == Style::snake ? "Quantity" : "quantity"));
            return;
        case Defect::cut_line: line.resize(character_start(line, line.size() / 2)); return;
        case Defect::no_object: line = "[\"" + std::to_string(random.next()) + "\"]"; return;
        case Defect::half_surrogate: add_field(line, "\"note\":\"\\ud83d \""); return;
        case Defect::too_deep:
            add_field(line, "\"nested\":" + std::string(kTooDeep, '[') + std::string(kTooDeep, ']'));
            return;
        case Defect::oversize: add_field(line, "\"note\":\"" + std::string(kOversize, 'x') + "\""); return;
        default: return;
    }
}

}  // namespace

Defect draw_defect(Random& random) {
    constexpr std::uint32_t kOversizeOneIn = 2'000;
    if (random.one_in(kOversizeOneIn)) return Defect::oversize;
    return static_cast<Defect>(random.below(kDefects - 1));
}

void append_defective_sale(std::string& out, std::string_view event_id, const InvoiceText& invoice,
                           const SaleLine& line, Defect defect, Random& random) {
    std::string record;
    append_sale(record, event_id, invoice, line);
    record.pop_back();
    if (!damage_value(record, keys_of(invoice.style), defect, random)) {
        damage_record(record, invoice.style, defect, random);
    }
    out += record;
    out += '\n';
}

}  // namespace tillstream::internal
