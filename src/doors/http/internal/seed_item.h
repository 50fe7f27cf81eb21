// seed_item.h - an invoice as the original systems kept it: one attribute a stock code, whose text is the
// JSON of the record without invoice number and stock code.
//
// Form:     {"InvoiceNo":{"S":"536365"},"85123A":{"S":"{\"Description\":...}"},...}
// Source:   FACES "Ingest", aliases.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/schema.h"
#include "json/scanner.h"
#include "json/writer.h"
#include "sinks/tables/purchase_history.h"

namespace tillstream::http_door {

/// Name of the attribute that every item has; a stock code of that name cannot be told from it and is left
/// out.
inline constexpr std::string_view kSeedInvoiceNo = "InvoiceNo";

/// Records as the texts of attributes. Threads: one at a time.
class SeedText {
public:
    /// The fields of a stored line as they were received, but for those that feed invoice_no and stock_code,
    /// whichever of their names they came under: key and value as they were, in their order; texts are
    /// escaped anew. Nothing if the line is no JSON object or the contract has no such columns.
    /// Buffer::kPadding readable bytes follow `raw`.
    std::optional<std::string> of_record(std::string_view raw, const Contract& contract);

private:
    json::Scanner scanner_;
    std::vector<json::Field> fields_;
};

/// What the tables know of a line whose record is gone, under the original names. Its customer and country
/// are not among it.
std::string seed_text_of_line(const InvoiceLine& line);

}  // namespace tillstream::http_door
