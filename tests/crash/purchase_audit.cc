#include "tests/crash/purchase_audit.h"

#include <fmt/format.h>

#include <set>
#include <string>

namespace tillstream {

namespace {

constexpr std::size_t kSamples = 3;
constexpr int kPageLines = 37;  // several pages for most invoices

std::string money(std::int64_t cents) { return fmt::format("{}.{:02}", cents / 100, cents % 100); }

/// What one invoice holds, over all its pages.
struct InvoiceRead {
    std::int64_t lines = 0;
    std::int64_t quantity = 0;
    std::string description;
};

Status read_page(const json::Value& page, const std::string& invoice, InvoiceRead& read) {
    for (const json::Value& item : page.find("items")->items) {
        ++read.lines;
        read.quantity += number_of(item, "quantity");
        read.description = text_of(item, "description");
        if (number_of(item, "line") != read.lines)
            return failure(Errc::internal, fmt::format("invoice {} has line {} where {} is due", invoice,
                                                       number_of(item, "line"), read.lines));
    }
    return {};
}

Result<InvoiceRead> read_invoice(ShopClient& client, const std::string& invoice) {
    InvoiceRead read;
    std::string cursor;
    while (true) {
        const json::Value page = TILLSTREAM_TRY(client.get_json(fmt::format(
            "/v1/invoices/{}?limit={}{}{}", invoice, kPageLines, cursor.empty() ? "" : "&cursor=", cursor)));
        TILLSTREAM_CHECK(read_page(page, invoice, read));
        const json::Value* next = page.find("next");
        if (next == nullptr || next->is_null()) {
            if (number_of(page, "lines") == read.lines && number_of(page, "units") == read.quantity)
                return read;
            return failure(
                Errc::internal,
                fmt::format("invoice {} says {} lines and {} units, its pages hold {} and {}", invoice,
                            number_of(page, "lines"), number_of(page, "units"), read.lines, read.quantity));
        }
        cursor = next->text;
    }
}

Status check_sample(ShopClient& client, const LedgerEntry& entry) {
    std::int64_t lines = 0;
    std::int64_t quantity = 0;
    for (const std::string& invoice : entry.invoices) {
        const InvoiceRead read = TILLSTREAM_TRY(read_invoice(client, invoice));
        if (read.description != entry.id)
            return failure(Errc::internal,
                           fmt::format("invoice {} holds lines of {}", invoice, read.description));
        lines += read.lines;
        quantity += read.quantity;
    }
    if (lines == static_cast<std::int64_t>(entry.accepted) && quantity == entry.quantity) return {};
    return failure(Errc::internal,
                   fmt::format("request {}: {} lines of {} units sent, its invoices hold {} of {}", entry.id,
                               entry.accepted, entry.quantity, lines, quantity));
}

/// Every invoice of the customer once, over all pages.
Result<std::int64_t> count_invoices(ShopClient& client, std::int64_t customer) {
    std::set<std::string> seen;
    std::string cursor;
    while (true) {
        const json::Value page = TILLSTREAM_TRY(
            client.get_json(fmt::format("/v1/customers/{}/invoices?limit={}{}{}", customer, kPageLines,
                                        cursor.empty() ? "" : "&cursor=", cursor)));
        for (const json::Value& invoice : page.find("invoices")->items) {
            if (!seen.insert(text_of(invoice, "invoice_no")).second)
                return failure(Errc::internal, fmt::format("customer {} is shown invoice {} twice", customer,
                                                           text_of(invoice, "invoice_no")));
        }
        const json::Value* next = page.find("next");
        if (next == nullptr || next->is_null()) return static_cast<std::int64_t>(seen.size());
        cursor = next->text;
    }
}

}  // namespace

void PurchaseAudit::add(const LedgerEntry& entry) {
    if (entry.accepted == 0) return;
    Bought& bought = customers_[entry.customer];
    bought.invoices += static_cast<std::int64_t>(entry.invoices.size());
    bought.lines += static_cast<std::int64_t>(entry.accepted);
    bought.units += entry.quantity;
    bought.cents += entry.cents;
    if (samples_.size() < kSamples) samples_.push_back(entry);
}

Result<std::uint64_t> PurchaseAudit::check(ShopClient& client) const {
    for (const auto& [customer, bought] : customers_) {
        const json::Value totals = TILLSTREAM_TRY(client.get_json(fmt::format("/v1/customers/{}", customer)));
        const std::int64_t listed = TILLSTREAM_TRY(count_invoices(client, customer));
        if (number_of(totals, "invoices") == bought.invoices && number_of(totals, "lines") == bought.lines &&
            number_of(totals, "units") == bought.units && text_of(totals, "total") == money(bought.cents) &&
            listed == bought.invoices) {
            continue;
        }
        return failure(
            Errc::internal,
            fmt::format(
                "customer {}: {} invoices, {} lines, {} units, {} sent; found {} ({} listed), {}, {}, {}",
                customer, bought.invoices, bought.lines, bought.units, money(bought.cents),
                number_of(totals, "invoices"), listed, number_of(totals, "lines"), number_of(totals, "units"),
                text_of(totals, "total")));
    }
    for (const LedgerEntry& entry : samples_) TILLSTREAM_CHECK(check_sample(client, entry));
    return std::uint64_t{customers_.size()};
}

}  // namespace tillstream
