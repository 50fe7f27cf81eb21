// tables_sink_fixture_test.h - a tables sink over a store in memory, and what customers would read of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/memory/memory_tables.h"
#include "sinks/tables/purchase_history.h"
#include "sinks/tables/tables_sink.h"
#include "tests/fakes/sales_model.h"

namespace tillstream::testing {

inline constexpr SourceId kOne{5};
inline constexpr SourceId kTwo{6};

class TablesSinkTest : public ::testing::Test {
protected:
    /// Commits what was appended since the last call.
    Status commit() {
        const SinkBatch batch = log_.commit(committed_, log_.entries().size());
        committed_ = log_.entries().size();
        return sink_->commit(batch, Epoch{1});
    }
    void sell(std::vector<Sale> sales, SourceId source = kOne) {
        log_.append(source, std::move(sales));
        const Status committed = commit();
        ASSERT_TRUE(committed) << committed.error().message;
    }
    void expect_as_model() { expect_equal(store_, SalesModel(log_, committed_), 1000); }

    InvoicePage invoice(std::string_view number) {
        auto page = history_.invoice(number, 1000);
        EXPECT_TRUE(page) << page.error().message;
        return page ? std::move(*page) : InvoicePage{};
    }
    CustomerTotals customer(std::int64_t id) {
        auto totals = history_.customer(id);
        EXPECT_TRUE(totals) << totals.error().message;
        return totals ? std::move(*totals) : CustomerTotals{};
    }
    /// "number@minute" of a customer's list.
    std::vector<std::string> list(std::int64_t id, CustomerInvoicesQuery query = {}) {
        const auto page = history_.customer_invoices(id, query);
        EXPECT_TRUE(page) << page.error().message;
        std::vector<std::string> texts;
        if (!page) return texts;
        for (const CustomerInvoice& entry : page->invoices) {
            texts.push_back(entry.invoice_no + "@" +
                            std::to_string((entry.time.micros - Sale{}.time().micros) / 60'000'000));
        }
        return texts;
    }

    MemoryTables store_;
    std::unique_ptr<TablesSink> sink_ = *TablesSink::open(store_);
    PurchaseHistory history_{store_};
    SalesLog log_;
    std::size_t committed_ = 0;
};

}  // namespace tillstream::testing
