// sales_batches.h - sales as batches of a log, for tests of what stores them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contract/contract_file.h"
#include "contract/embedded_datasets.h"
#include "contract/row_decoder.h"
#include "core/decimal.h"
#include "core/time.h"
#include "ports/sink.h"

namespace tillstream::testing {

struct Sale {
    std::string invoice = "536365";
    std::string stock = "85123A";
    std::optional<std::string> description = "WHITE HANGING HEART";
    std::int64_t quantity = 1;
    std::int64_t minute = 0;     ///< since 2010-12-01T08:00:00Z
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
            texts.insert(texts.end(),
                         {sale.invoice, sale.stock, sale.description.value_or(""),
                          sale.bad ? "six" : std::to_string(sale.quantity), format_timestamp(sale.time()),
                          format_decimal(sale.price, 4), sale.customer ? std::to_string(*sale.customer) : "",
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
            const bool held =
                std::any_of(positions.begin(), positions.end(), [&](const SinkPosition& position) {
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

}  // namespace tillstream::testing
