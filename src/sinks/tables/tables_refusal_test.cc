// Sales that no item can hold are refused one by one; stored damage is told as such.
#include <gtest/gtest.h>

#include "delivery/bad_records.h"
#include "sinks/tables/figures.h"
#include "sinks/tables/internal/layout.h"
#include "sinks/tables/internal/tables_sink_fixture_test.h"

namespace tillstream::testing {
namespace {

class TablesRefusal : public TablesSinkTest {
protected:
    void expect_refused(const Sale& bad, const std::string& because) {
        const LogBatch batch =
            log_.batches().make(kOne, Offset{0}, {{.invoice = "1"}, bad, {.invoice = "2"}});
        ASSERT_TRUE(batch.records->rejections.empty()) << "ingest refuses it already";
        for (const Status& refused :
             {sink_->rehearse({{batch}, {}}),
              sink_->commit({{batch}, {{kOne, Offset{0}, Offset{3}, "c"}}}, Epoch{1})}) {
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().code, Errc::invalid_argument);
            EXPECT_NE(refused.error().message.find(because), std::string::npos) << refused.error().message;
        }
        EXPECT_EQ(history_.invoice("1", 1).error().code, Errc::not_found);
        const auto found = find_bad_records(*sink_, {batch}, {});
        ASSERT_TRUE(found) << found.error().message;
        ASSERT_EQ(found->size(), 1U);
        EXPECT_EQ(found->front().index, 1U);
    }
};

TEST_F(TablesRefusal, an_invoice_number_longer_than_a_key) {
    expect_refused({.invoice = std::string(1016, '5')}, "invoice_no has 1016 bytes");
    sell({{.invoice = std::string(1015, '5'), .customer = 7}});
    EXPECT_EQ(invoice(std::string(1015, '5')).lines, 1U);
    expect_as_model();
}

TEST_F(TablesRefusal, texts_longer_than_an_item_may_be) {
    const std::string half(69'000, 'x');
    expect_refused({.invoice = "3", .description = half, .country = half}, "138006 bytes");
    expect_refused({.invoice = "3", .stock = std::string(200'000, 'x')}, "at most 136533");
    sell({{.invoice = "3", .description = std::string(65'000, 'x'), .country = std::string(65'000, 'y')}});
    expect_as_model();
}

TEST_F(TablesRefusal, amounts_that_no_sum_could_hold) {
    std::string text(log_.batches().contract()->text);
    const auto replace = [&](const std::string& from, const std::string& to) {
        text.replace(text.find(from), from.size(), to);
    };
    replace("decimal(18,4)", "decimal(38,4)");
    replace("unit_price between -100000 and 100000", "quantity > -9000000");
    const ContractPtr wide = *parse_contract(text, "sales.toml");
    RowDecoder decoder(wide);
    const std::vector<std::string_view> names = {"invoice_no", "stock_code", "quantity", "invoice_date",
                                                 "unit_price"};
    const std::vector<std::string_view> row = {"1", "2", "1", "2010-12-01", "123456789012345678901234567890"};
    const auto header = decoder.bind_header(names);
    decoder.start(std::make_shared<Buffer>(), 1);
    decoder.add_texts(*header, row);
    const LogBatch batch = SalesBatches(wide).batch_of(kOne, Offset{0}, decoder.finish());
    ASSERT_TRUE(batch.records->rejections.empty());
    const Status refused = sink_->rehearse({{batch}, {}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

using TablesDamage = TablesSinkTest;

/// Every value a commit has stored is replaced by damage, one after the other.
TEST_F(TablesDamage, damaged_values_are_told_as_corruption) {
    sell({{.invoice = "1", .customer = 7}, {.invoice = "1", .customer = 8}});  // in the head
    sell({{.invoice = "1", .customer = 7}});                                   // in a chunk
    log_.append(kOne, {{.invoice = "1", .customer = 7}, {.invoice = "1", .customer = 8}});
    struct Stored {
        std::string table;
        TableItem item;
    };
    std::vector<Stored> items;
    for (const std::string_view table : {tables::kInvoices, tables::kCustomers}) {
        ASSERT_TRUE(store_.scan(table, [&](const TableItem& item) {
            items.push_back({std::string(table), {}});
            items.back().item.assign(item.partition(), item.sort(), item.attributes());
            return true;
        }));
    }
    ASSERT_EQ(items.size(), 7U);
    const auto outcomes = [&] {
        std::vector<Errc> codes;
        const auto note = [&](const auto& result) {
            if (!result) codes.push_back(result.error().code);
        };
        note(sink_->rehearse({{log_.entries().back().batch}, {}}));
        note(history_.invoice("1", 10));
        for (const std::int64_t id : {7, 8}) {
            note(history_.customer(id));
            note(history_.customer_invoices(id, {}));
        }
        note(scan_lines(store_, [] { return std::vector<SourceInfo>{}; }, *sales_contract(), {}));
        return codes;
    };
    EXPECT_TRUE(outcomes().empty());
    for (const Stored& stored : items) {
        const std::string bytes(std::get<TableBytes>(*stored.item.find("v")).bytes);
        std::string flipped = bytes;
        flipped[bytes.size() / 2] ^= 4;
        const TableAttribute text{"v", std::string_view(bytes)};
        const TableAttribute empty{"v", TableBytes{{}}};
        const TableAttribute damaged{"v", TableBytes{flipped}};
        const TableAttribute other{"w", TableBytes{bytes}};
        const TableAttribute good{"v", TableBytes{bytes}};
        for (const TableAttribute& attribute : {text, empty, damaged, other, good}) {
            const TableWrite write{.key = {stored.table, stored.item.partition(), stored.item.sort()},
                                   .attributes = {&attribute, 1}};
            ASSERT_TRUE(store_.commit({.consumer = "test", .writes = {&write, 1}}));
            const std::vector<Errc> codes = outcomes();
            EXPECT_EQ(codes.empty(), attribute == good);
            for (const Errc code : codes) EXPECT_EQ(code, Errc::corruption);
        }
    }
}

}  // namespace
}  // namespace tillstream::testing
