// sales_model.h - what the tables must answer about a log of sales, computed the plain way.
#pragma once

#include <set>
#include <tuple>

#include "sinks/tables/purchase_history.h"
#include "tests/fakes/sales_batches.h"

namespace tillstream::testing {

/// The answers, from the first `entries` of a log.
class SalesModel {
public:
    SalesModel(const SalesLog& log, std::size_t entries) {
        for (std::size_t e = 0; e < entries; ++e) {
            const SalesLog::Entry& entry = log.entries()[e];
            for (std::size_t i = 0; i < entry.sales.size(); ++i) {
                if (entry.sales[i].bad) continue;
                add(entry.sales[i], entry.batch.source, Offset{entry.batch.base.value + i});
            }
        }
    }

    struct Line {
        Sale sale;
        InvoiceLine line;
    };
    const std::map<std::string, std::vector<Line>>& invoices() const { return invoices_; }
    std::set<std::int64_t> customers() const {
        std::set<std::int64_t> customers;
        for (const auto& [number, lines] : invoices_) {
            for (const Line& line : lines) {
                if (line.sale.customer) customers.insert(*line.sale.customer);
            }
        }
        return customers;
    }

    InvoicePage invoice(const std::string& number) const {
        const std::vector<Line>& lines = invoices_.at(number);
        InvoicePage page;
        page.invoice_no = number;
        page.time = lines.front().line.time;
        page.country = lines.front().sale.country;
        page.total.scale = 4;
        for (const Line& line : lines) {
            if (!page.customer_id) page.customer_id = line.sale.customer;
            page.time = std::min(page.time, line.line.time);
            ++page.lines;
            page.units += line.line.quantity;
            page.total.value += line.line.line_total.value;
            page.items.push_back(line.line);
        }
        return page;
    }

    CustomerTotals customer(std::int64_t id) const {
        CustomerTotals totals;
        totals.customer_id = id;
        totals.total.scale = 4;
        std::tuple<Timestamp, std::string, std::uint64_t> newest;
        for (const auto& [number, lines] : invoices_) {
            bool counted = false;
            for (const Line& line : lines) {
                if (line.sale.customer != id) continue;
                if (!counted) ++totals.invoices;
                counted = true;
                const bool first = totals.lines++ == 0;
                totals.units += line.line.quantity;
                totals.total.value += line.line.line_total.value;
                totals.first = first ? line.line.time : std::min(totals.first, line.line.time);
                const auto age = std::tuple(line.line.time, number, line.line.line);
                if (!first && age < newest) continue;
                newest = age;
                totals.last = line.line.time;
                totals.country = line.sale.country;
            }
        }
        return totals;
    }

    /// In ascending order.
    std::vector<CustomerInvoice> customer_invoices(std::int64_t id) const {
        std::vector<CustomerInvoice> answer;
        for (const auto& [number, lines] : invoices_) {
            CustomerInvoice invoice;
            invoice.invoice_no = number;
            invoice.total.scale = 4;
            for (const Line& line : lines) {
                if (line.sale.customer != id) continue;
                if (invoice.lines++ == 0) {
                    invoice.time = line.line.time;
                    invoice.country = line.sale.country;
                }
                invoice.time = std::min(invoice.time, line.line.time);
                invoice.units += line.line.quantity;
                invoice.total.value += line.line.line_total.value;
            }
            if (invoice.lines != 0) answer.push_back(invoice);
        }
        std::sort(answer.begin(), answer.end(), [](const auto& a, const auto& b) {
            return std::tie(a.time, a.invoice_no) < std::tie(b.time, b.invoice_no);
        });
        return answer;
    }

private:
    void add(const Sale& sale, SourceId source, Offset offset) {
        std::vector<Line>& lines = invoices_[sale.invoice];
        InvoiceLine line;
        line.line = lines.size() + 1;
        line.stock_code = sale.stock;
        line.description = sale.description;
        line.quantity = sale.quantity;
        line.unit_price = {sale.price, 4};
        line.line_total = {Int128{sale.price} * sale.quantity, 4};
        line.time = sale.time();
        line.source = source;
        line.offset = offset;
        lines.push_back({sale, line});
    }

    std::map<std::string, std::vector<Line>> invoices_;
};

inline void expect_equal(const InvoicePage& found, const InvoicePage& expected) {
    EXPECT_EQ(found.customer_id, expected.customer_id);
    EXPECT_EQ(found.time, expected.time);
    EXPECT_EQ(found.country, expected.country);
    EXPECT_EQ(found.lines, expected.lines);
    EXPECT_TRUE(found.units == expected.units);
    EXPECT_TRUE(found.total == expected.total) << format_decimal(found.total.value, found.total.scale);
    EXPECT_TRUE(found.items == expected.items)
        << found.items.size() << " of " << expected.items.size() << " items";
}

/// Whether the store answers as the model; pages of `limit`.
inline void expect_equal(TableStore& store, const SalesModel& model, std::size_t limit) {
    const PurchaseHistory history(store);
    for (const auto& [number, lines] : model.invoices()) {
        SCOPED_TRACE("invoice " + number);
        auto whole = history.invoice(number, limit);
        ASSERT_TRUE(whole) << whole.error().message;
        while (!whole->next.empty()) {
            const auto page = history.invoice(number, limit, whole->next);
            ASSERT_TRUE(page) << page.error().message;
            ASSERT_FALSE(page->items.empty());
            whole->items.insert(whole->items.end(), page->items.begin(), page->items.end());
            whole->next = page->next;
        }
        expect_equal(*whole, model.invoice(number));
    }
    for (const std::int64_t customer : model.customers()) {
        SCOPED_TRACE("customer " + std::to_string(customer));
        const auto totals = history.customer(customer);
        ASSERT_TRUE(totals) << totals.error().message;
        EXPECT_TRUE(*totals == model.customer(customer));
        std::vector<CustomerInvoice> expected = model.customer_invoices(customer);
        for (const ListOrder order : {ListOrder::ascending, ListOrder::descending}) {
            std::vector<CustomerInvoice> found;
            CustomerInvoicesQuery query{.order = order, .limit = limit};
            std::string cursor;
            do {
                query.cursor = cursor;
                const auto page = history.customer_invoices(customer, query);
                ASSERT_TRUE(page) << page.error().message;
                found.insert(found.end(), page->invoices.begin(), page->invoices.end());
                cursor = page->next;
            } while (!cursor.empty());
            EXPECT_TRUE(found == expected) << found.size() << " of " << expected.size() << " invoices";
            std::reverse(expected.begin(), expected.end());
        }
    }
}

}  // namespace tillstream::testing
