// sales_fixture.h - sales as batches of a log, and what the tables must answer about them, computed the plain
// way. For tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "contract/contract_file.h"
#include "contract/embedded_datasets.h"
#include "contract/row_decoder.h"
#include "core/decimal.h"
#include "core/time.h"
#include "ports/sink.h"
#include "sinks/tables/figures.h"
#include "sinks/tables/purchase_history.h"
#include "sinks/tables/tables_sink.h"

namespace tillstream::testing {

struct Sale {
    std::string invoice = "536365";
    std::string stock = "85123A";
    std::optional<std::string> description = "WHITE HANGING HEART";
    std::int64_t quantity = 1;
    std::int64_t minute = 0;  ///< since 2010-12-01T08:00:00Z
    std::int64_t price = 25500;  ///< scale 4
    std::optional<std::int64_t> customer = std::nullopt;
    std::optional<std::string> country = "United Kingdom";
    bool bad = false;  ///< rejected at ingest

    Timestamp time() const { return {1'291'190'400'000'000 + minute * 60'000'000}; }
};

inline ContractPtr sales_contract() {
    for (const EmbeddedDataset& dataset : embedded_datasets()) {
        if (dataset.name == "sales") return *parse_contract(std::string(dataset.text), "sales.toml");
    }
    return nullptr;
}

/// Decoded rows of sales as one batch of a source.
class SalesBatches {
public:
    explicit SalesBatches(ContractPtr contract = sales_contract())
        : contract_(std::move(contract)), decoder_(contract_) {}

    const ContractPtr& contract() const { return contract_; }

    LogBatch make(SourceId source, Offset base, const std::vector<Sale>& sales) {
        const std::vector<std::string_view> names = {"invoice_no",   "stock_code", "description", "quantity",
                                                     "invoice_date", "unit_price", "customer_id", "country"};
        const auto header = decoder_.bind_header(names);
        EXPECT_TRUE(header);
        // Rows borrow from the input.
        std::vector<std::string> texts;
        for (const Sale& sale : sales) {
            texts.insert(texts.end(), {sale.invoice, sale.stock, sale.description.value_or(""),
                                       sale.bad ? "six" : std::to_string(sale.quantity),
                                       format_timestamp(sale.time()), format_decimal(sale.price, 4),
                                       sale.customer ? std::to_string(*sale.customer) : "",
                                       sale.country.value_or("")});
        }
        auto input = std::make_shared<Buffer>();
        for (const std::string& text : texts) input->append(text);
        decoder_.start(input, sales.size());
        std::vector<std::string_view> row;
        std::size_t at = 0;
        for (const std::string& text : texts) {
            row.push_back(input->view().substr(at, text.size()));
            at += text.size();
            if (row.size() < names.size()) continue;
            decoder_.add_texts(*header, row);
            row.clear();
        }
        return batch_of(source, base, decoder_.finish());
    }

    LogBatch batch_of(SourceId source, Offset base, RowBatchPtr rows) const {
        LogBatch batch;
        batch.source = source;
        batch.base = base;
        batch.contract = contract_->id();
        batch.rows.batch = std::move(rows);
        auto records = std::make_shared<RecordBlock>();
        for (std::uint32_t row = 0; row < batch.rows.batch->rows(); ++row) {
            batch.rows.rows.push_back(row);
            records->values.append(batch.rows.batch->raw(row));
            records->values.push_back('\n');
            records->ends.push_back(static_cast<std::uint32_t>(records->values.size()));
        }
        const auto rejections = batch.rows.batch->rejections();
        records->rejections.assign(rejections.begin(), rejections.end());
        batch.records = std::move(records);
        return batch;
    }

private:
    ContractPtr contract_;
    RowDecoder decoder_;
};

/// A log of sales: batches of several sources in the order they came.
class SalesLog {
public:
    struct Entry {
        LogBatch batch;
        std::vector<Sale> sales;
    };

    void append(SourceId source, std::vector<Sale> sales) {
        Offset& next = next_[source];
        entries_.push_back({batches_.make(source, next, sales), std::move(sales)});
        next.value += entries_.back().batch.count();
    }
    const std::vector<Entry>& entries() const { return entries_; }
    SalesBatches& batches() { return batches_; }

    /// Entries [from, to) as one commit that starts where those before it ended.
    SinkBatch commit(std::size_t from, std::size_t to) const {
        SinkBatch commit;
        std::map<SourceId, Offset> begin;
        std::map<SourceId, Offset> end;
        for (std::size_t i = 0; i < to; ++i) {
            const LogBatch& batch = entries_[i].batch;
            if (i < from) begin[batch.source] = batch.end();
            end[batch.source] = batch.end();
            if (i >= from) commit.batches.push_back(batch);
        }
        for (const auto& [source, next] : end) commit.ranges.push_back({source, begin[source], next, "c"});
        return commit;
    }
    /// How many entries a store at these positions holds.
    std::size_t entries_at(const std::vector<SinkPosition>& positions) const {
        std::size_t count = 0;
        for (; count < entries_.size(); ++count) {
            const LogBatch& batch = entries_[count].batch;
            const bool held = std::any_of(positions.begin(), positions.end(), [&](const SinkPosition& position) {
                return position.source == batch.source && position.next >= batch.end();
            });
            if (!held) break;
        }
        return count;
    }

private:
    SalesBatches batches_;
    std::map<SourceId, Offset> next_;
    std::vector<Entry> entries_;
};

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
    EXPECT_TRUE(found.items == expected.items) << found.items.size() << " of " << expected.items.size() << " items";
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
