#include "producer/internal/sale_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "producer/internal/json_text.h"

namespace tillstream::internal {

namespace {

constexpr std::int64_t kMicrosPerMinute = 60'000'000;

std::string till_time(Random& random, Timestamp at) {
    const CivilTime utc = to_civil(at);
    switch (random.below(6)) {
        case 0: return format_timestamp(at);
        case 1: {
            // The same moment on a wall clock elsewhere, often on another date.
            const auto minutes = static_cast<int>(random.between(-11, 13)) * 60 + 30;
            const CivilTime local = to_civil(Timestamp{at.micros + minutes * kMicrosPerMinute});
            const int distance = minutes < 0 ? -minutes : minutes;
            return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}", local.year, local.month,
                               local.day, local.hour, local.minute, local.second, minutes < 0 ? '-' : '+',
                               distance / 60, distance % 60);
        }
        case 2: return fmt::format("{}-{}-{} {}:{:02}", utc.day, utc.month, utc.year, utc.hour, utc.minute);
        case 3:
            return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", utc.year, utc.month, utc.day,
                               utc.hour, utc.minute, utc.second);
        case 4:
            return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.25", utc.year, utc.month, utc.day,
                               utc.hour, utc.minute, utc.second);
        default: return fmt::format("{:04}-{:02}-{:02}", utc.year, utc.month, utc.day);
    }
}

std::string time_text(Random& random, Style style, Timestamp at) {
    const CivilTime utc = to_civil(at);
    switch (style) {
        case Style::web:
            if (random.one_in(10)) {
                return fmt::format("{}/{}/{} {}:{:02}:{:02}", utc.month, utc.day, utc.year, utc.hour,
                                   utc.minute, utc.second);
            }
            return fmt::format("{}/{}/{} {}:{:02}", utc.month, utc.day, utc.year, utc.hour, utc.minute);
        case Style::pandas:
            return fmt::format("{}\\/{}\\/{} {}:{:02}", utc.month, utc.day, utc.year, utc.hour, utc.minute);
        case Style::snake:
            return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", utc.year, utc.month, utc.day, utc.hour,
                               utc.minute, utc.second);
        case Style::till: return till_time(random, at);
    }
    return {};
}

void append_price_in(std::string& out, const SaleLine& line) {
    switch (line.form) {
        case PriceForm::plain: append_price(out, line.price); return;
        case PriceForm::printed_double: out += line.product->printed_double; return;
        case PriceForm::four_decimals:
            fmt::format_to(std::back_inserter(out), "{}.{:04}", line.price / 10'000, line.price % 10'000);
            return;
        case PriceForm::exponent: fmt::format_to(std::back_inserter(out), "{}e-4", line.price); return;
    }
}

std::string other_case_of(std::string code) {
    for (char& c : code) {
        if (c >= 'a' && c <= 'z') {
            c = static_cast<char>(c - 'a' + 'A');
        } else if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return code;
}

void append_product(std::string& out, Style style, const SaleLine& line) {
    if (!line.other_case && !line.no_description && line.note.empty()) [[likely]] {
        out += line.product->fields[static_cast<std::size_t>(style)];
        return;
    }
    const std::string description = line.note.empty() ? line.product->description : std::string(line.note);
    const std::string code =
        line.other_case ? other_case_of(line.product->stock_code) : line.product->stock_code;
    out += product_fields(style, code, line.no_description ? nullptr : &description);
}

}  // namespace

void InvoiceText::set_number(Random& random, std::string_view invoice_no) {
    number = invoice_no;
    const bool digits =
        std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
    const bool as_number = style == Style::pandas && digits;
    head = fmt::format("\",\"{}\":", keys_of(style).invoice_no);
    head += as_number ? fmt::format("{}{},", number, random.one_in(4) ? ".0" : "")
                      : fmt::format("\"{}\",", number);
}

void InvoiceText::set_time(Random& random, Timestamp at) {
    const StyleKeys& keys = keys_of(style);
    const bool quoted = style == Style::till;
    dated = fmt::format("{},\"{}\":\"{}\",\"{}\":{}", quoted ? "\"" : "", keys.invoice_date,
                        time_text(random, style, at), keys.unit_price, quoted ? "\"" : "");
}

void InvoiceText::set_buyer(Random& random, std::uint32_t customer_id, std::string_view country) {
    const StyleKeys& keys = keys_of(style);
    tail = style == Style::till ? "\"" : "";
    std::string value = customer_id == 0 ? "null" : std::to_string(customer_id);
    if (customer_id != 0 && style == Style::pandas) value += ".0";
    if (style == Style::till) value = customer_id == 0 ? "\"\"" : "\"" + value + "\"";
    // Some producers leave the key out altogether.
    if (customer_id != 0 || !random.one_in(5)) tail += fmt::format(",\"{}\":{}", keys.customer_id, value);
    tail += fmt::format(",\"{}\":\"{}\"}}\n", keys.country, country);
}

void append_sale(std::string& out, std::string_view event_id, const InvoiceText& invoice,
                 const SaleLine& line) {
    out += "{\"event_id\":\"";
    out += event_id;
    out += invoice.head;
    append_product(out, invoice.style, line);
    const fmt::format_int quantity(line.quantity);
    out.append(quantity.data(), quantity.size());
    out += invoice.dated;
    append_price_in(out, line);
    out += invoice.tail;
}

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
