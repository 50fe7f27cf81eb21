#include "doors/http/internal/seed_item.h"

#include <algorithm>

#include "sinks/tables/sale_shape.h"

namespace tillstream::http_door {

namespace {

bool is_name_of(const Column& column, std::string_view key) {
    return column.name == key ||
           std::find(column.aliases.begin(), column.aliases.end(), key) != column.aliases.end();
}

}  // namespace

std::optional<std::string> SeedText::of_record(std::string_view raw, const Contract& contract) {
    const auto shape = sale_shape(contract);
    if (!shape || scanner_.scan_object(raw, {json::kDepthMax}, fields_)) return std::nullopt;
    const Column& invoice_no = contract.columns[shape->invoice_no];
    const Column& stock_code = contract.columns[shape->stock_code];
    std::string text;
    json::Writer out(text);
    out.begin_object();
    for (const json::Field& field : fields_) {
        if (is_name_of(invoice_no, field.key) || is_name_of(stock_code, field.key)) continue;
        out.key(field.key);
        if (field.kind == json::Kind::string)
            out.string(field.text);
        else
            out.raw(field.text);
    }
    out.end_object();
    return text;
}

std::string seed_text_of_line(const InvoiceLine& line) {
    std::string text;
    json::Writer out(text);
    out.begin_object().key("Description");
    if (line.description)
        out.string(*line.description);
    else
        out.null();
    out.member("Quantity", line.quantity).member("InvoiceDate", format_timestamp(line.time));
    out.key("UnitPrice").raw(format_decimal(line.unit_price.value, line.unit_price.scale)).end_object();
    return text;
}

}  // namespace tillstream::http_door
