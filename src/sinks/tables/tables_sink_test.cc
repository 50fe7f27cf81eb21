#include "sinks/tables/tables_sink.h"

#include <gtest/gtest.h>

#include "sinks/tables/figures.h"
#include "sinks/tables/internal/tables_sink_fixture_test.h"
#include "sinks/tables/sale_shape.h"

namespace tillstream::testing {
namespace {

using Texts = std::vector<std::string>;

TEST_F(TablesSinkTest, an_invoice_has_its_lines_in_order_of_arrival_and_its_totals) {
    sell({{.invoice = "536365", .quantity = 6, .minute = 26, .customer = 17850},
          {.invoice = "536366", .stock = "22633", .quantity = 2, .minute = 28},
          {.invoice = "536365",
           .stock = "71053",
           .description = std::nullopt,
           .quantity = -1,
           .minute = 25,
           .price = 33900,
           .customer = 17850,
           .country = "France"},
          {.invoice = "536365", .quantity = 6, .minute = 26, .customer = 17850}});
    const InvoicePage page = invoice("536365");
    EXPECT_EQ(page.customer_id, 17850);
    EXPECT_EQ(page.lines, 3U);
    EXPECT_TRUE(page.units == 11);
    EXPECT_EQ(format_decimal(page.total.value, page.total.scale), "27.21");
    EXPECT_EQ(page.country, "United Kingdom");
    EXPECT_EQ(format_timestamp(page.time), "2010-12-01T08:25:00Z");
    EXPECT_EQ(page.next, "");
    ASSERT_EQ(page.items.size(), 3U);
    EXPECT_EQ(page.items[1].line, 2U);
    EXPECT_EQ(page.items[1].stock_code, "71053");
    EXPECT_EQ(page.items[1].description, std::nullopt);
    EXPECT_EQ(page.items[1].offset, Offset{2});
    EXPECT_EQ(page.items[1].source, kOne);
    EXPECT_EQ(format_decimal(page.items[1].line_total.value, page.items[1].line_total.scale), "-3.39");
    expect_as_model();
}

TEST_F(TablesSinkTest, the_same_line_again_is_a_line_of_its_own) {
    const Sale sale{.invoice = "536381", .customer = 15311};
    sell({sale, sale});
    sell({sale});
    EXPECT_EQ(invoice("536381").lines, 3U);
    EXPECT_EQ(customer(15311).invoices, 1U);
    expect_as_model();
}

TEST_F(TablesSinkTest, a_cancellation_is_an_invoice_of_its_own_and_totals_are_net) {
    sell({{.invoice = "536365", .quantity = 6, .customer = 17850},
          {.invoice = "C536379", .quantity = -2, .minute = 5, .customer = 17850}});
    const CustomerTotals totals = customer(17850);
    EXPECT_EQ(totals.invoices, 2U);
    EXPECT_TRUE(totals.units == 4);
    EXPECT_EQ(format_decimal(totals.total.value, totals.total.scale), "10.20");
    EXPECT_EQ(list(17850), (Texts{"C536379@5", "536365@0"}));
}

TEST_F(TablesSinkTest, a_sale_without_customer_is_kept_under_its_invoice_alone) {
    sell({{.invoice = "536414",
           .description = std::nullopt,
           .quantity = 56,
           .price = 0,
           .country = std::nullopt}});
    const InvoicePage page = invoice("536414");
    EXPECT_EQ(page.customer_id, std::nullopt);
    EXPECT_EQ(page.country, std::nullopt);
    EXPECT_EQ(history_.customer(0).error().code, Errc::not_found);
    expect_as_model();
}

TEST_F(TablesSinkTest, the_customer_of_an_invoice_is_the_first_that_is_named) {
    sell({{.invoice = "1"}, {.invoice = "1", .customer = 7}, {.invoice = "1", .customer = 8}});
    EXPECT_EQ(invoice("1").customer_id, 7);
    sell({{.invoice = "2"}});
    EXPECT_EQ(invoice("2").customer_id, std::nullopt);
    sell({{.invoice = "2", .customer = -3}});
    EXPECT_EQ(invoice("2").customer_id, -3);
    expect_as_model();
}

TEST_F(TablesSinkTest, customers_who_share_an_invoice_have_their_own_lines_of_it) {
    sell({{.invoice = "1", .quantity = 1, .customer = 7}, {.invoice = "1", .quantity = 2, .customer = 8}});
    sell(
        {{.invoice = "1", .quantity = 4, .customer = 8, .country = "EIRE"}, {.invoice = "1", .quantity = 8}});
    EXPECT_TRUE(customer(7).units == 1);
    EXPECT_TRUE(customer(8).units == 6);
    EXPECT_EQ(customer(8).invoices, 1U);
    EXPECT_TRUE(invoice("1").units == 15);
    expect_as_model();
}

TEST_F(TablesSinkTest, very_many_customers_of_one_invoice_do_not_outgrow_an_item) {
    for (int commit = 0; commit < 3; ++commit) {
        std::vector<Sale> sales;
        for (std::int64_t id = 0; id < 6'000; ++id) {
            sales.push_back({.invoice = "1", .minute = 10 - commit, .customer = (id * 7919) % 4'000});
        }
        sell(std::move(sales));
    }
    EXPECT_EQ(invoice("1").lines, 18'000U);
    EXPECT_EQ(customer(0).lines, 6U);
    EXPECT_EQ(list(3'999), (Texts{"1@8"}));
    expect_as_model();
}

TEST_F(TablesSinkTest, a_late_earlier_line_moves_the_invoice_in_the_customers_list) {
    sell({{.invoice = "1", .minute = 10, .customer = 7}, {.invoice = "2", .minute = 5, .customer = 7}});
    EXPECT_EQ(list(7), (Texts{"1@10", "2@5"}));
    sell({{.invoice = "1", .minute = 3, .customer = 7}});
    EXPECT_EQ(list(7), (Texts{"2@5", "1@3"}));
    sell({{.invoice = "1", .minute = 20, .customer = 7}});
    EXPECT_EQ(list(7), (Texts{"2@5", "1@3"}));
    EXPECT_EQ(customer(7).invoices, 2U);
    expect_as_model();
}

TEST_F(TablesSinkTest, an_earlier_line_of_another_customer_moves_nothing) {
    sell({{.invoice = "1", .minute = 10, .customer = 7}});
    sell({{.invoice = "1", .minute = 3, .customer = 8}});
    EXPECT_EQ(list(7), (Texts{"1@10"}));
    EXPECT_EQ(list(8), (Texts{"1@3"}));
    expect_as_model();
}

TEST_F(TablesSinkTest, a_customer_comes_by_several_sources_and_so_does_an_invoice) {
    sell({{.invoice = "1", .minute = 4, .customer = 7, .country = "EIRE"}}, kOne);
    sell({{.invoice = "2", .minute = 2, .customer = 7, .country = "RSA"}}, kTwo);
    sell({{.invoice = "1", .minute = 4, .customer = 7, .country = "France"}}, kTwo);
    log_.append(kOne, {{.invoice = "1", .minute = 1, .customer = 7}, {.invoice = "3", .customer = 7}});
    log_.append(kTwo, {{.invoice = "1", .minute = 1, .customer = 7}});
    ASSERT_TRUE(commit());
    EXPECT_EQ(customer(7).invoices, 3U);
    EXPECT_EQ(customer(7).country, "France");
    EXPECT_EQ(invoice("1").items[3].source, kTwo);
    EXPECT_EQ(invoice("1").items[3].offset, Offset{2});
    expect_as_model();
}

TEST_F(TablesSinkTest, the_newest_line_by_time_invoice_and_line_gives_the_country) {
    sell({{.invoice = "2", .minute = 9, .customer = 7, .country = "A"},
          {.invoice = "10", .minute = 9, .customer = 7, .country = "B"}});
    EXPECT_EQ(customer(7).country, "A");  // "2" is behind "10", as texts
    sell({{.invoice = "2", .minute = 9, .customer = 7, .country = std::nullopt}});
    EXPECT_EQ(customer(7).country, std::nullopt);
    sell({{.invoice = "3", .minute = 8, .customer = 7, .country = "C"}});
    EXPECT_EQ(customer(7).country, std::nullopt);
    expect_as_model();
}

TEST_F(TablesSinkTest, rejected_records_are_passed_over_and_keep_their_offsets) {
    sell({{.invoice = "1", .bad = true}, {.invoice = "1"}, {.invoice = "1", .bad = true}, {.invoice = "1"}});
    const InvoicePage page = invoice("1");
    ASSERT_EQ(page.items.size(), 2U);
    EXPECT_EQ(page.items[1].offset, Offset{3});
    EXPECT_EQ(sink_->positions()->front().next, Offset{4});
}

TEST_F(TablesSinkTest, a_list_is_cut_by_time_and_page_and_cursors_hold_under_writes) {
    for (std::int64_t i = 0; i < 10; ++i) {
        sell({{.invoice = std::to_string(100 + i), .minute = i / 2, .customer = 7}});
    }
    CustomerInvoicesQuery query{.from = Sale{.minute = 1}.time(), .to = Sale{.minute = 3}.time()};
    EXPECT_EQ(list(7, query), (Texts{"105@2", "104@2", "103@1", "102@1"}));
    query.limit = 3;
    auto page = history_.customer_invoices(7, query);
    ASSERT_TRUE(page);
    const std::string cursor = page->next;
    ASSERT_NE(cursor, "");
    sell({{.invoice = "103", .minute = 0, .customer = 7}, {.invoice = "101x", .minute = 1, .customer = 7}});
    query.cursor = cursor;
    EXPECT_EQ(list(7, query), (Texts{"102@1", "101x@1"}));
    query = {.from = Sale{.minute = 3}.time(), .to = Sale{.minute = 1}.time()};
    EXPECT_TRUE(list(7, query).empty());
    query = {.from = Sale{.minute = 100}.time()};
    EXPECT_TRUE(list(7, query).empty());
}

TEST_F(TablesSinkTest, lines_come_in_pages_over_all_chunks) {
    for (int commit = 0; commit < 30; ++commit) {
        std::vector<Sale> sales;
        for (int i = 0; i < 1 + commit * 3; ++i) {
            sales.push_back(
                {.invoice = "1", .description = std::string(static_cast<std::size_t>(i) * 20, 'd')});
            if (i == 0) sales.back().description = std::nullopt;
        }
        sell(std::move(sales));
    }
    const SalesModel model(log_, committed_);
    for (const std::size_t limit : {1u, 2u, 7u, 100u, 10'000u}) expect_equal(store_, model, limit);
}

TEST_F(TablesSinkTest, what_is_unknown_or_wrong_is_told) {
    sell({{.invoice = "1", .customer = 7}});
    EXPECT_EQ(history_.invoice("2", 10).error().code, Errc::not_found);
    EXPECT_EQ(history_.invoice("", 10).error().code, Errc::not_found);
    EXPECT_EQ(history_.customer(8).error().code, Errc::not_found);
    EXPECT_EQ(history_.customer_invoices(8, {}).error().code, Errc::not_found);
    for (const std::size_t limit : {std::size_t{0}, PurchaseHistory::kLimitMax + 1}) {
        EXPECT_EQ(history_.invoice("1", limit).error().code, Errc::invalid_argument);
        EXPECT_EQ(history_.customer_invoices(7, {.limit = limit}).error().code, Errc::invalid_argument);
    }
    for (const char* cursor : {"x", "l1.", "l1.0", "l1.-1", "l1.1x", "s1.", "s1.02", "s1.0200000000000000003",
                               "l1.99999999999999999999", "s1.020000000000000000", "s1.02000000000000000g31",
                               "s1.0200000000000000003", "s1.02000000000000000031x"}) {
        EXPECT_EQ(history_.invoice("1", 10, cursor).error().code, Errc::invalid_argument) << cursor;
        EXPECT_EQ(history_.customer_invoices(7, {.cursor = cursor}).error().code, Errc::invalid_argument)
            << cursor;
    }
    // A cursor behind the end is the end.
    EXPECT_TRUE(history_.invoice("1", 10, "l1.18446744073709551615")->items.empty());
}

TEST_F(TablesSinkTest, the_same_commit_twice_is_a_conflict_and_counts_once) {
    log_.append(kOne, {{.invoice = "1", .customer = 7}});
    const SinkBatch batch = log_.commit(0, 1);
    ASSERT_TRUE(commit());
    const Status again = sink_->commit(batch, Epoch{1});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::conflict);
    expect_as_model();
}

TEST_F(TablesSinkTest, probe_and_rehearsal_leave_no_trace) {
    ASSERT_TRUE(sink_->probe());
    log_.append(kOne, {{.invoice = "1", .customer = 7}});
    ASSERT_TRUE(sink_->rehearse({{log_.entries()[0].batch}, {}}));
    EXPECT_EQ(history_.invoice("1", 1).error().code, Errc::not_found);
    ASSERT_TRUE(commit());
    ASSERT_TRUE(sink_->probe());
    EXPECT_EQ(invoice("1").lines, 1U);
    EXPECT_EQ(history_.invoice("probe", 1).error().code, Errc::not_found);
    expect_as_model();
}

TEST_F(TablesSinkTest, only_data_of_the_sales_shape_is_wanted) {
    LogBatch batch = log_.batches().make(kOne, Offset{0}, {{.invoice = "1"}});
    EXPECT_TRUE(sink_->wants(batch));
    batch.contract = "orders@0123456789abcdef";
    EXPECT_FALSE(sink_->wants(batch));
    batch.contract = "sales2@0123456789abcdef";
    EXPECT_FALSE(sink_->wants(batch));
    LogBatch control;
    control.kind = BatchKind::control;
    EXPECT_FALSE(sink_->wants(control));
}

constexpr const char* kOtherSales = R"toml(name = "sales"
[[column]]
name = "invoice_no"
type = "string"
required = true
)toml";

TEST_F(TablesSinkTest, sales_of_another_shape_are_passed_over) {
    const ContractPtr other = *parse_contract(kOtherSales, "sales.toml");
    EXPECT_FALSE(sale_shape(*other));
    EXPECT_TRUE(sale_shape(*sales_contract()));
    RowDecoder decoder(other);
    const std::vector<std::string_view> names = {"invoice_no"};
    const auto header = decoder.bind_header(names);
    decoder.start(std::make_shared<Buffer>(), 1);
    decoder.add_texts(*header, names);
    LogBatch batch = SalesBatches(other).batch_of(kOne, Offset{0}, decoder.finish());
    SinkBatch commit{{batch}, {{kOne, Offset{0}, Offset{1}, "c"}}};
    ASSERT_TRUE(sink_->commit(commit, Epoch{1}));
    EXPECT_EQ(sink_->positions()->front().next, Offset{1});
    EXPECT_EQ(history_.invoice("invoice_no", 1).error().code, Errc::not_found);
}

/// Prices of two scales, as after a change of the contract.
TEST_F(TablesSinkTest, sums_over_versions_of_the_contract_stay_exact) {
    std::string text;
    for (const EmbeddedDataset& dataset : embedded_datasets()) {
        if (dataset.name == "sales") text = dataset.text;
    }
    const auto replace = [&](const std::string& from, const std::string& to) {
        text.replace(text.find(from), from.size(), to);
    };
    replace("decimal(18,4)", "decimal(20,6)");
    replace(
        "[[derived]]\nname = \"line_total\"\ntype = \"decimal(38,4)\"\nsql = \"quantity * unit_price\"\n"
        "description = \"value of the line\"\n",
        "");
    replace("measures = [\"quantity\", \"line_total\"]\n", "");
    const auto finer = parse_contract(text, "sales.toml");
    ASSERT_TRUE(finer) << finer.error().message;
    sell({{.invoice = "1", .quantity = 2, .customer = 7}});
    SalesBatches batches(*finer);
    SinkBatch commit{
        {batches.make(kOne, Offset{1}, {{.invoice = "1", .quantity = 3, .price = 10001, .customer = 7}})},
        {{kOne, Offset{1}, Offset{2}, "c"}}};
    ASSERT_TRUE(sink_->commit(commit, Epoch{1}));
    const InvoicePage page = invoice("1");
    EXPECT_EQ(format_decimal(page.total.value, page.total.scale), "8.1003");
    EXPECT_EQ(page.items[1].unit_price.scale, 6);
    EXPECT_TRUE(customer(7).total == page.total);
}

TEST_F(TablesSinkTest, figures_are_the_lines_of_the_shards_below_their_ends) {
    const SourceList sources = [] {
        return std::vector<SourceInfo>{{kOne, "sales", ShardId{0}, 0},
                                       {kTwo, "sales", ShardId{1}, 0},
                                       {SourceId{9}, "orders", ShardId{0}, 0}};
    };
    sell({{.invoice = "1", .quantity = 2}, {.invoice = "1", .bad = true}, {.invoice = "2", .quantity = 4}},
         kOne);
    sell({{.invoice = "1", .quantity = 8}, {.invoice = "3", .quantity = -16}}, kTwo);
    sell({{.invoice = "1", .quantity = 32}}, SourceId{9});
    const auto scan = [&](std::vector<ShardEnd> ends) {
        return *scan_lines(store_, sources, *log_.batches().contract(), ends);
    };
    const StoreFigures all = scan({{ShardId{0}, Offset{3}}, {ShardId{1}, Offset{2}}});
    EXPECT_EQ(all.rows, 4U);
    ASSERT_EQ(all.sums.size(), 2U);
    EXPECT_EQ(all.sums[0], (MeasureSum{"quantity", -2, 0}));
    EXPECT_EQ(all.sums[1], (MeasureSum{"line_total", -2 * 25500, 4}));
    EXPECT_EQ(scan({{ShardId{0}, Offset{2}}, {ShardId{1}, Offset{1}}}).sums[0].sum, 10);
    EXPECT_EQ(scan({{ShardId{1}, Offset{9}}}).rows, 2U);
    EXPECT_EQ(scan({}).rows, 0U);
}

TEST_F(TablesSinkTest, clear_leaves_an_empty_store_that_is_filled_again) {
    sell({{.invoice = "1", .customer = 7}});
    ASSERT_TRUE(sink_->reset());
    EXPECT_TRUE(sink_->positions()->empty());
    EXPECT_EQ(history_.customer(7).error().code, Errc::not_found);
    committed_ = 0;
    ASSERT_TRUE(commit());
    expect_as_model();
}

TEST_F(TablesSinkTest, what_a_crash_would_leave_is_behind_until_a_checkpoint) {
    sell({{.invoice = "1"}});
    EXPECT_TRUE(sink_->persisted()->empty());
    ASSERT_TRUE(store_.checkpoint());
    EXPECT_EQ(*sink_->persisted(), *sink_->positions());
    sell({{.invoice = "1"}});
    EXPECT_EQ(sink_->persisted()->front().next, Offset{1});
    EXPECT_EQ(sink_->positions()->front().next, Offset{2});
}

TEST_F(TablesSinkTest, a_store_without_atomic_commits_is_refused) {
    MemoryTables plain(TableCapabilities{});
    const auto sink = TablesSink::open(plain);
    ASSERT_FALSE(sink);
    EXPECT_EQ(sink.error().code, Errc::unsupported);
}

}  // namespace
}  // namespace tillstream::testing
