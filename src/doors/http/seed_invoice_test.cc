#include "doors/http/internal/seed_invoice.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "adapters/memory/memory_log.h"
#include "adapters/memory/memory_tables.h"
#include "contract/decode_fixture.h"
#include "core/memory_env.h"
#include "ingest/ingest.h"
#include "json/value.h"
#include "sinks/tables/tables_sink.h"

namespace tillstream::http_door {
namespace {

/// One sale of invoice 1; `rest` as `,"key":value`.
std::string sale(const std::string& code, int quantity, const std::string& rest = "") {
    return fmt::format(R"({{"InvoiceNo":1,"StockCode":"{}","Quantity":{},"InvoiceDate":"12\/1\/2010 8:26",)"
                       R"("UnitPrice":2.55{}}})",
                       code, quantity, rest);
}

std::string text_of_sale(int quantity, const std::string& rest = "") {
    return fmt::format(R"({{"Quantity":{},"InvoiceDate":"12/1/2010 8:26","UnitPrice":2.55{}}})", quantity,
                       rest);
}

class SeedInvoiceTest : public ::testing::Test {
protected:
    void SetUp() override { open_contracts(sales_contract()->text); }

    void open_contracts(const std::string& sales) {
        ingest_.reset();
        contracts_ = *ContractStore::open(fs_, "/state", {{"sales.toml", sales}}, "");
        const IngestLimits limits{.body_bytes = 64 << 20};
        ingest_ = *Ingest::open(
            log_, *contracts_, 2, limits, [] { return std::optional<IngestRefusal>{}; }, metrics_);
    }
    /// Every record is good, and in the tables afterwards.
    void sell(const std::string& body, BodyFormat format = BodyFormat::json) {
        IngestBody request{format, Charset::utf8, Encoding::identity, Buffer(body)};
        ingest_->submit("sales", std::move(request), [](IngestOutcome outcome) {
            const auto* receipt = std::get_if<IngestReceipt>(&outcome);
            ASSERT_NE(receipt, nullptr) << std::get<IngestRefusal>(outcome).detail;
            EXPECT_EQ(receipt->quarantined, 0U);
        });
        deliver();
    }
    void deliver() {
        SinkBatch commit;
        const auto reader = *log_.open_reader(delivered_);
        LogRead read = *reader->read(SIZE_MAX);
        delivered_ = read.cursor;
        for (const SourceOffset& end : log_.durable_end()) {
            Offset& next = next_[end.source];
            commit.ranges.push_back({end.source, next, end.next, "c"});
            next = end.next;
        }
        commit.batches = std::move(read.batches);
        const Status stored = sink_->commit(commit, Epoch{1});
        ASSERT_TRUE(stored) << stored.error().message;
    }
    Result<SeedInvoice> find(EventLog& log, std::string_view number = "1") {
        return find_seed_invoice(history_, log, *contracts_, number);
    }
    /// "code: text" of each attribute.
    std::vector<std::string> attributes(EventLog& log) {
        const auto invoice = find(log);
        EXPECT_TRUE(invoice) << invoice.error().message;
        if (!invoice) return {};
        EXPECT_EQ(invoice->too_large, "");
        lost_ = invoice->lines_from_tables;
        const auto item = json::parse(invoice->json);
        EXPECT_TRUE(item) << invoice->json;
        if (!item) return {};
        std::vector<std::string> texts;
        for (const json::Member& member : item->members) {
            EXPECT_EQ(member.value.members.size(), 1U);
            texts.push_back(member.name + ": " + member.value.find("S")->text);
        }
        return texts;
    }

    MemoryFilesystem fs_;
    Metrics metrics_;
    MemoryLog log_{system_clock()};
    std::unique_ptr<ContractStore> contracts_;
    std::unique_ptr<Ingest> ingest_;
    MemoryTables store_;
    std::unique_ptr<TablesSink> sink_ = *TablesSink::open(store_);
    PurchaseHistory history_{store_};
    std::string delivered_;
    std::map<SourceId, Offset> next_;
    std::uint64_t lost_ = 0;
};

using Texts = std::vector<std::string>;

TEST_F(SeedInvoiceTest, HoldsTheLastLineOfEachCodeInTheFormOfTheOriginal) {
    sell(sale("85123A", 6));
    EXPECT_EQ(find(log_)->json,
              R"({"InvoiceNo":{"S":"1"},"85123A":{"S":"{\"Quantity\":6,\"InvoiceDate\":\"12/1/2010 8:26\",)"
              R"(\"UnitPrice\":2.55}"}})");
    sell("[" + sale("71053", 2, R"(,"CustomerID":null)") + "," + sale("85123A", 7) + "," + sale("a", 1) +
         "]");
    sell(R"({"invoice_no":"2","stock_code":"85123A","quantity":9,"invoice_date":"2010-12-01",)"
         R"("unit_price":1})");
    sell(sale("71053", 3, R"(,"CustomerID":"17850")"));
    EXPECT_EQ(attributes(log_), (Texts{"InvoiceNo: 1", "85123A: " + text_of_sale(7), "a: " + text_of_sale(1),
                                       "71053: " + text_of_sale(3, R"(,"CustomerID":"17850")")}));
    EXPECT_EQ(lost_, 0U);
}

TEST_F(SeedInvoiceTest, ARowOfAFileHasItsHeadersNamesAndTexts) {
    sell("Invoice,StockCode,Quantity,InvoiceDate,Price,Customer ID\n1,22752,2,12/1/2010 8:26,7.65,\n",
         BodyFormat::csv);
    EXPECT_EQ(attributes(log_).at(1),
              R"(22752: {"Quantity":"2","InvoiceDate":"12/1/2010 8:26","Price":"7.65","Customer ID":""})");
}

TEST_F(SeedInvoiceTest, ANumberedCodeAndAnOddOneAreAttributesLikeOthers) {
    sell(R"([{"InvoiceNo":1.0,"StockCode":22752,"Quantity":1,"InvoiceDate":"2010-12-01","UnitPrice":1},)"
         R"({"InvoiceNo":"1","StockCode":"gift_\"0001\"","Quantity":1,"InvoiceDate":"2010-12-01",)"
         R"("UnitPrice":1},)"
         R"({"InvoiceNo":"1","StockCode":"InvoiceNo","Quantity":1,"InvoiceDate":"2010-12-01",)"
         R"("UnitPrice":1}])");
    const std::string fields = R"({"Quantity":1,"InvoiceDate":"2010-12-01","UnitPrice":1})";
    EXPECT_EQ(attributes(log_), (Texts{"InvoiceNo: 1", "22752: " + fields, "gift_\"0001\": " + fields}));
}

TEST_F(SeedInvoiceTest, ARecordIsReadByTheNamesItWasJudgedUnder) {
    sell(R"({"Invoice":"1","StockCode":"A","Quantity":1,"InvoiceDate":"2010-12-01","UnitPrice":1})");
    std::string renamed = sales_contract()->text;
    const std::string names = R"("invoiceNo", "Invoice", "invoice")";
    ASSERT_NE(renamed.find(names), std::string::npos);
    renamed.replace(renamed.find(names), names.size(), R"("BillNo")");
    open_contracts(renamed);
    sell(R"({"BillNo":"1","StockCode":"B","Quantity":2,"InvoiceDate":"2010-12-01","UnitPrice":1,)"
         R"("Invoice":"x"})");
    EXPECT_EQ(attributes(log_),
              (Texts{"InvoiceNo: 1", R"(A: {"Quantity":1,"InvoiceDate":"2010-12-01","UnitPrice":1})",
                     R"(B: {"Quantity":2,"InvoiceDate":"2010-12-01","UnitPrice":1,"Invoice":"x"})"}));
    EXPECT_EQ(lost_, 0U);
}

TEST_F(SeedInvoiceTest, ALineWhoseRecordIsGoneIsGivenAsTheTablesKnowItAndCounted) {
    sell("[" + sale("A", 1, R"(,"Description":"CUP","Country":"Malta")") + "," + sale("B", 2) + "," +
         sale("A", 3) + "]");
    MemoryLog empty(system_clock());
    ASSERT_TRUE(empty.register_stream("sales", 2));
    EXPECT_EQ(
        attributes(empty),
        (Texts{
            "InvoiceNo: 1",
            R"(B: {"Description":null,"Quantity":2,"InvoiceDate":"2010-12-01T08:26:00Z","UnitPrice":2.55})",
            R"(A: {"Description":null,"Quantity":3,"InvoiceDate":"2010-12-01T08:26:00Z",)"
            R"("UnitPrice":2.55})"}));
    EXPECT_EQ(lost_, 2U);
}

TEST_F(SeedInvoiceTest, AnUnknownInvoiceIsNotFound) {
    sell(sale("A", 1));
    for (const char* number : {"2", "", "01", "1.0"}) {
        const auto invoice = find(log_, number);
        ASSERT_FALSE(invoice) << number;
        EXPECT_EQ(invoice.error().code, Errc::not_found) << number;
    }
}

TEST_F(SeedInvoiceTest, ALongInvoiceIsAnsweredUpToTheLimitOfLines) {
    std::string body;
    for (std::size_t i = 0; i < SeedInvoice::kLinesMax; ++i)
        body += sale(fmt::format("{}", i % 7'000), 1) + "\n";
    sell(body, BodyFormat::ndjson);
    EXPECT_EQ(attributes(log_).size(), 7'001U);
    sell(sale("one more", 1));
    const auto invoice = find(log_);
    ASSERT_TRUE(invoice);
    EXPECT_EQ(invoice->json, "");
    EXPECT_NE(invoice->too_large.find("10001 lines"), std::string::npos) << invoice->too_large;
    EXPECT_NE(invoice->too_large.find("/v1/invoices/1"), std::string::npos) << invoice->too_large;
}

TEST_F(SeedInvoiceTest, AnInvoiceOfLargeRecordsIsAnsweredUpToTheLimitOfBytes) {
    const std::string half = fmt::format(R"(,"note":"{}")", std::string(1 << 19, 'x'));
    for (int i = 0; i < 30; ++i) sell(sale(std::to_string(i), 1, half));
    EXPECT_EQ(attributes(log_).size(), 31U);
    for (int i = 30; i < 40; ++i) sell(sale(std::to_string(i), 1, half));
    const auto invoice = find(log_);
    ASSERT_TRUE(invoice);
    EXPECT_EQ(invoice->json, "");
    EXPECT_NE(invoice->too_large.find("16 MiB"), std::string::npos) << invoice->too_large;
}

}  // namespace
}  // namespace tillstream::http_door
