#include "doors/http/internal/seed_invoice.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "doors/http/internal/seed_item.h"
#include "net/http.h"
#include "records/record_finder.h"

namespace tillstream::http_door {

namespace {

using Lines = std::vector<const InvoiceLine*>;

/// In order of arrival.
Lines last_line_of_each_code(const InvoicePage& invoice) {
    std::unordered_map<std::string_view, const InvoiceLine*> last;
    for (const InvoiceLine& line : invoice.items)
        if (line.stock_code != kSeedInvoiceNo) last[line.stock_code] = &line;
    Lines lines;
    for (const InvoiceLine& line : invoice.items) {
        const auto found = last.find(line.stock_code);
        if (found != last.end() && found->second == &line) lines.push_back(&line);
    }
    return lines;
}

class SeedWriter {
public:
    SeedWriter(EventLog& log, const ContractStore& contracts, std::string_view invoice_no)
        : finder_(log), contracts_(contracts), out_(invoice_.json) {
        out_.begin_object();
        add(kSeedInvoiceNo, invoice_no);
    }

    bool full() const { return invoice_.json.size() > SeedInvoice::kBytesMax; }

    /// Those of one source, whose offsets rise. Ends with an error once it is full.
    Status add(Lines::const_iterator begin, Lines::const_iterator end) {
        std::vector<Offset> offsets;
        for (auto line = begin; line != end; ++line) offsets.push_back((*line)->offset);
        auto line = begin;
        return finder_.find((*begin)->source, offsets, [&](const RecordFinder::Found& found) -> Status {
            if (full()) return failure(Errc::resource_exhausted, "the item is full");
            add(**line++, found);
            return {};
        });
    }

    SeedInvoice finish() && {
        out_.end_object();
        return std::move(invoice_);
    }

private:
    void add(std::string_view name, std::string_view text) {
        out_.key(name).begin_object().member("S", text).end_object();
    }

    void add(const InvoiceLine& line, const RecordFinder::Found& found) {
        if (const auto text = text_of(found)) return add(line.stock_code, *text);
        ++invoice_.lines_from_tables;
        add(line.stock_code, seed_text_of_line(line));
    }

    std::optional<std::string> text_of(const RecordFinder::Found& found) {
        if (found.batch == nullptr) return std::nullopt;
        const auto contract = contracts_.version(found.batch->contract);
        if (!contract) return std::nullopt;
        return text_.of_record(found.batch->records->value(found.place), **contract);
    }

    RecordFinder finder_;
    const ContractStore& contracts_;
    SeedText text_;
    SeedInvoice invoice_;
    json::Writer out_;
};

SeedInvoice too_large(const InvoicePage& invoice, std::string_view what) {
    SeedInvoice refused;
    refused.too_large = fmt::format(
        "invoice {} has {}, more than one answer holds; read it page by page: GET /v1/invoices/{}",
        invoice.invoice_no, what, percent_encode(invoice.invoice_no));
    return refused;
}

}  // namespace

Result<SeedInvoice> find_seed_invoice(const PurchaseHistory& history, EventLog& log,
                                      const ContractStore& contracts, std::string_view invoice_no) {
    const InvoicePage invoice = TILLSTREAM_TRY(history.invoice(invoice_no, SeedInvoice::kLinesMax));
    if (!invoice.next.empty()) return too_large(invoice, fmt::format("{} lines", invoice.lines));
    const Lines lines = last_line_of_each_code(invoice);
    SeedWriter writer(log, contracts, invoice.invoice_no);
    for (auto begin = lines.begin(); begin != lines.end() && !writer.full();) {
        const auto end = std::adjacent_find(begin, lines.end(), [](const auto* line, const auto* next) {
            return line->source != next->source || line->offset > next->offset;
        });
        const auto behind = end == lines.end() ? end : end + 1;
        const Status added = writer.add(begin, behind);
        if (!added && !writer.full()) return failure(added.error());
        begin = behind;
    }
    if (writer.full())
        return too_large(invoice, fmt::format("more than {} MiB of fields", SeedInvoice::kBytesMax >> 20));
    return std::move(writer).finish();
}

}  // namespace tillstream::http_door
