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

std::string time_text(Random& random, Style style, QuirkSet quirks, Timestamp at) {
    const CivilTime utc = to_civil(at);
    const bool varied = quirks.has(Quirk::date_forms);
    switch (style) {
        case Style::web:
            if (varied && random.one_in(10)) {
                return fmt::format("{}/{}/{} {}:{:02}:{:02}", utc.month, utc.day, utc.year, utc.hour,
                                   utc.minute, utc.second);
            }
            return fmt::format("{}/{}/{} {}:{:02}", utc.month, utc.day, utc.year, utc.hour, utc.minute);
        case Style::pandas: {
            const std::string_view slash = quirks.has(Quirk::escaped_slashes) ? "\\/" : "/";
            return fmt::format("{}{}{}{}{} {}:{:02}", utc.month, slash, utc.day, slash, utc.year, utc.hour,
                               utc.minute);
        }
        case Style::snake:
            return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", utc.year, utc.month, utc.day, utc.hour,
                               utc.minute, utc.second);
        case Style::till: return varied ? till_time(random, at) : format_timestamp(at);
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

void append_product(std::string& out, const InvoiceText& invoice, const SaleLine& line) {
    if (!line.other_case && !line.no_description && line.note.empty()) [[likely]] {
        out += line.product->fields[static_cast<std::size_t>(invoice.style)];
        return;
    }
    const std::string description = line.note.empty() ? line.product->description : std::string(line.note);
    const std::string code =
        line.other_case ? other_case_of(line.product->stock_code) : line.product->stock_code;
    out += product_fields(invoice.style, invoice.quirks, code, line.no_description ? nullptr : &description);
}

}  // namespace

void InvoiceText::set_number(Random& random, std::string_view invoice_no) {
    number = invoice_no;
    const bool digits =
        std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
    const bool as_number = style == Style::pandas && digits && quirks.has(Quirk::number_codes);
    const bool as_float = random.one_in(4) && quirks.has(Quirk::float_ids);
    head = fmt::format("\",\"{}\":", keys_of(style).invoice_no);
    head += as_number ? fmt::format("{}{},", number, as_float ? ".0" : "") : fmt::format("\"{}\",", number);
}

void InvoiceText::set_time(Random& random, Timestamp at) {
    const StyleKeys& keys = keys_of(style);
    const bool quoted = style == Style::till;
    dated = fmt::format("{},\"{}\":\"{}\",\"{}\":{}", quoted ? "\"" : "", keys.invoice_date,
                        time_text(random, style, quirks, at), keys.unit_price, quoted ? "\"" : "");
}

void InvoiceText::set_buyer(Random& random, std::uint64_t customer_id, std::string_view country) {
    const StyleKeys& keys = keys_of(style);
    tail = style == Style::till ? "\"" : "";
    std::string value = customer_id == 0 ? "null" : std::to_string(customer_id);
    if (customer_id != 0 && style == Style::pandas && quirks.has(Quirk::float_ids)) value += ".0";
    if (style == Style::till) value = customer_id == 0 ? "\"\"" : "\"" + value + "\"";
    const bool absent = customer_id == 0 && random.one_in(5) && quirks.has(Quirk::absent_fields);
    if (!absent) tail += fmt::format(",\"{}\":{}", keys.customer_id, value);
    tail += fmt::format(",\"{}\":\"{}\"}}\n", keys.country, country);
}

void append_sale(std::string& out, std::string_view event_id, const InvoiceText& invoice,
                 const SaleLine& line) {
    out += "{\"event_id\":\"";
    out += event_id;
    out += invoice.head;
    append_product(out, invoice, line);
    const fmt::format_int quantity(line.quantity);
    out.append(quantity.data(), quantity.size());
    out += invoice.dated;
    append_price_in(out, line);
    out += invoice.tail;
}

}  // namespace tillstream::internal
