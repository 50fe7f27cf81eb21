// The real year of sales, if its file is at hand: known counts, and answers equal to a plain recount.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "adapters/rocksdb/rocksdb_tables.h"
#include "formats/body_decoder.h"
#include "formats/text_file.h"
#include "sinks/tables/figures.h"
#include "sinks/tables/purchase_history.h"
#include "sinks/tables/sale_shape.h"
#include "sinks/tables/tables_sink.h"
#include "tests/contract/warehouse_folder.h"
#include "tests/fakes/sales_batches.h"

namespace tillstream::testing {
namespace {

constexpr std::size_t kBodyBytes = 1 << 20;
constexpr std::uint32_t kShards = 4;

/// Path of the file, or nothing. TILL_SHARED_DATA, else ../shared/data beside the repository or above
/// it.
std::optional<std::string> real_file() {
    const char* folder = std::getenv("TILL_SHARED_DATA");
    for (const std::string& base :
         {std::string(folder != nullptr ? folder : ""), std::string(TILLSTREAM_SOURCE_DIR "/../shared/data"),
          std::string(TILLSTREAM_SOURCE_DIR "/../../shared/data")}) {
        const std::string path = base + "/online_retail/data.csv.zst";
        if (std::filesystem::exists(path)) return path;
    }
    return std::nullopt;
}

/// Hands out the file in bodies of whole lines, each with the header in front.
template <class Visit>
void each_body(const std::string& path, Visit&& visit) {
    auto file = TextFile::open(posix_filesystem(), path, Charset::latin1);
    ASSERT_TRUE(file) << file.error().message;
    std::string header;
    std::size_t consumed = 0;
    while (true) {
        ASSERT_TRUE(file->advance(consumed, kBodyBytes));
        std::string_view window = file->window();
        if (window.empty()) return;
        const std::size_t lines = window.rfind('\n') + 1;
        ASSERT_NE(lines, 0U);
        std::string_view body = window.substr(0, lines);
        if (header.empty()) header = body.substr(0, body.find('\n') + 1);
        auto bytes = std::make_shared<Buffer>(consumed == 0 ? std::string_view() : header);
        bytes->append(body);
        visit(std::move(bytes));
        consumed = lines;
    }
}

struct Recount {
    std::uint64_t lines = 0;
    Int128 units = 0;
    Int128 total = 0;
    std::int64_t first = INT64_MAX;
    std::int64_t last = INT64_MIN;
    std::optional<std::int64_t> customer;
    std::set<std::string, std::less<>> invoices;  ///< of a customer

    void add(const RowBatch& rows, const SaleShape& shape, std::uint32_t row) {
        const std::int64_t time = rows.column(shape.invoice_date).ints[row];
        ++lines;
        units += rows.column(shape.quantity).ints[row];
        total += rows.column(*shape.line_total).wide[row];
        first = std::min(first, time);
        last = std::max(last, time);
    }
};

class RealFile : public ::testing::Test {
protected:
    void SetUp() override {
        auto store = RocksdbTables::open(folder_.file("tables"), {}, Logger::silent(), metrics_);
        ASSERT_TRUE(store) << store.error().message;
        store_ = std::move(*store);
        sink_ = *TablesSink::open(*store_);
    }

    void take(std::shared_ptr<Buffer> body) {
        const auto decoded = decoder_.decode(BodyFormat::csv, std::move(body), rows_);
        ASSERT_TRUE(decoded);
        const RowBatch& rows = **decoded;
        ASSERT_EQ(rows.rejected(), 0U);
        std::vector<std::vector<std::uint32_t>> shards(kShards);
        for (std::uint32_t row = 0; row < rows.rows(); ++row) {
            const std::string_view number = rows.column(shape_.invoice_no).strings[row].view();
            shards[std::hash<std::string_view>{}(number) % kShards].push_back(row);
            Recount& invoice = invoices_[std::string(number)];
            invoice.add(rows, shape_, row);
            const ColumnVector& customers = rows.column(shape_.customer_id);
            if (!customers.valid(row)) continue;
            if (!invoice.customer) invoice.customer = customers.ints[row];
            Recount& customer = customers_[customers.ints[row]];
            customer.add(rows, shape_, row);
            customer.invoices.emplace(number);
        }
        commit(*decoded, shards);
    }

    void commit(const RowBatchPtr& rows, std::vector<std::vector<std::uint32_t>>& shards) {
        SinkBatch commit;
        for (std::uint32_t shard = 0; shard < kShards; ++shard) {
            if (shards[shard].empty()) continue;
            LogBatch& batch = commit.batches.emplace_back();
            batch.source = SourceId{shard + 1};
            batch.base = next_[shard];
            batch.contract = contract_->id();
            auto records = std::make_shared<RecordBlock>();
            records->ends.resize(shards[shard].size());
            batch.records = std::move(records);
            batch.rows = {rows, std::move(shards[shard])};
            commit.ranges.push_back({batch.source, batch.base, batch.end(), "c"});
            next_[shard] = batch.end();
        }
        const Status committed = sink_->commit(commit, Epoch{1});
        ASSERT_TRUE(committed) << committed.error().message;
    }

    void check_invoices() {
        for (const auto& [number, expected] : invoices_) {
            const auto page = PurchaseHistory(*store_).invoice(number, PurchaseHistory::kLimitMax);
            ASSERT_TRUE(page) << number << ": " << page.error().message;
            ASSERT_EQ(page->lines, expected.lines) << number;
            ASSERT_EQ(page->items.size(), expected.lines) << number;
            ASSERT_TRUE(page->units == expected.units && page->total == (Amount{expected.total, 4}))
                << number;
            ASSERT_EQ(page->time.micros, expected.first) << number;
            ASSERT_EQ(page->customer_id, expected.customer) << number;
        }
    }
    void check_customers() {
        for (const auto& [id, expected] : customers_) {
            const auto totals = PurchaseHistory(*store_).customer(id);
            ASSERT_TRUE(totals) << id << ": " << totals.error().message;
            ASSERT_EQ(totals->lines, expected.lines) << id;
            ASSERT_EQ(totals->invoices, expected.invoices.size()) << id;
            ASSERT_TRUE(totals->units == expected.units && totals->total == (Amount{expected.total, 4}))
                << id;
            ASSERT_EQ(totals->first.micros, expected.first) << id;
            ASSERT_EQ(totals->last.micros, expected.last) << id;
            const auto list = PurchaseHistory(*store_).customer_invoices(id, {});
            ASSERT_TRUE(list) << id;
            ASSERT_EQ(list->invoices.size(), expected.invoices.size()) << id;
        }
    }

    Folder folder_;
    Metrics metrics_;
    std::unique_ptr<TableStore> store_;
    std::unique_ptr<TablesSink> sink_;
    ContractPtr contract_ = sales_contract();
    SaleShape shape_ = *sale_shape(*contract_);
    RowDecoder rows_{contract_};
    BodyDecoder decoder_;
    std::vector<Offset> next_{kShards};
    std::map<std::string, Recount> invoices_;
    std::map<std::int64_t, Recount> customers_;
};

TEST_F(RealFile, EveryInvoiceAndCustomerIsAsARecountSays) {
    const auto path = real_file();
    if (!path) GTEST_SKIP() << "online_retail/data.csv.zst is not in ../shared/data";
    each_body(*path, [&](std::shared_ptr<Buffer> body) { take(std::move(body)); });
    EXPECT_EQ(invoices_.size(), 25'900U);
    EXPECT_EQ(customers_.size(), 4'372U);
    check_invoices();
    check_customers();
    const PurchaseHistory history(*store_);
    EXPECT_EQ(history.invoice("573585", 1)->lines, 1'114U);
    EXPECT_EQ(history.customer(14911)->invoices, 248U);
    // Opened anew it is the same.
    sink_.reset();
    store_.reset();
    SetUp();
    check_customers();
    const SourceList sources = [] {
        std::vector<SourceInfo> all;
        for (std::uint32_t s = 0; s < kShards; ++s) all.push_back({SourceId{s + 1}, "sales", ShardId{s}, 0});
        return all;
    };
    std::vector<ShardEnd> ends;
    for (std::uint32_t s = 0; s < kShards; ++s) ends.push_back({ShardId{s}, next_[s]});
    const auto figures = scan_lines(*store_, sources, *contract_, ends);
    ASSERT_TRUE(figures) << figures.error().message;
    EXPECT_EQ(figures->rows, 541'909U);
    EXPECT_EQ(figures->sums[0].sum, 5'176'450);
    EXPECT_EQ(format_decimal(figures->sums[1].sum, figures->sums[1].scale), "9747747.934");
}

}  // namespace
}  // namespace tillstream::testing
