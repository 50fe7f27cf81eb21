// tables_bench - rows per second and CPU per row of the tables sink over RocksDB: commit alone, no log.
//
//   tables_bench [DIR=./tables-bench] [ROWS=500000] [ROWS_PER_COMMIT=5000] [LINES_PER_INVOICE=21]
//
// Rows are a shop's: invoices of so many lines on average whose lines come together, 4,372 customers, a
// quarter of the invoices without one, 4,070 products, four shards. Each commit holds about ten batches, as
// delivery gives them.
// CPU is that of the whole process: checkpoints and compactions included.
#include <fmt/format.h>
#include <sys/resource.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "adapters/rocksdb/rocksdb_tables.h"
#include "contract/contract_file.h"
#include "contract/embedded_datasets.h"
#include "contract/row_decoder.h"
#include "core/env.h"
#include "core/time.h"
#include "sinks/tables/tables_sink.h"

namespace {

using namespace tillstream;

constexpr std::uint32_t kShards = 4;
constexpr std::size_t kRowsPerBatch = 500;

double cpu(int who) {
    rusage usage{};
    ::getrusage(who, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double now() { return std::chrono::duration<double>(system_clock().steady()).count(); }

ContractPtr sales_contract() {
    for (const EmbeddedDataset& dataset : embedded_datasets()) {
        if (dataset.name == "sales") return *parse_contract(std::string(dataset.text), "sales.toml");
    }
    return nullptr;
}

/// Lines of made-up invoices, always the same ones.
class Shop {
public:
    explicit Shop(std::size_t lines_per_invoice) : lines_most_(2 * lines_per_invoice - 1) {}
    std::array<std::string, 8> line() {
        if (left_ == 0) begin_invoice();
        --left_;
        const std::uint64_t product = random_() % 4'070;
        return {invoice_,
                std::to_string(20'000 + product),
                "PRODUCT WITH A NAME NO. " + std::to_string(product * 7'919),
                std::to_string(1 + random_() % 24),
                time_,
                fmt::format("{}.{:02}", random_() % 12, product % 100),
                customer_,
                "United Kingdom"};
    }

private:
    void begin_invoice() {
        left_ = 1 + random_() % lines_most_;
        invoice_ = std::to_string(536'365 + count_);
        customer_ = random_() % 4 == 0 ? "" : std::to_string(12'346 + random_() % 4'372);
        time_ = format_timestamp({1'291'190'400'000'000 + static_cast<std::int64_t>(count_) * 60'000'000});
        ++count_;
    }

    const std::size_t lines_most_;
    std::mt19937_64 random_{7};
    std::uint64_t count_ = 0;
    std::uint64_t left_ = 0;
    std::string invoice_;
    std::string customer_;
    std::string time_;
};

LogBatch make_batch(Shop& shop, RowDecoder& decoder, SourceId source, Offset base, std::size_t rows) {
    std::vector<std::array<std::string, 8>> lines;
    auto input = std::make_shared<Buffer>();
    for (std::size_t i = 0; i < rows; ++i) {
        lines.push_back(shop.line());
        for (const std::string& field : lines.back()) input->append(field);
    }
    const std::vector<std::string_view> names = {"invoice_no",   "stock_code", "description", "quantity",
                                                 "invoice_date", "unit_price", "customer_id", "country"};
    const auto header = decoder.bind_header(names);
    decoder.start(input, rows);
    std::size_t at = 0;
    for (const auto& line : lines) {
        std::array<std::string_view, 8> fields;
        for (std::size_t f = 0; f < fields.size(); ++f) {
            fields[f] = input->view().substr(at, line[f].size());
            at += line[f].size();
        }
        decoder.add_texts(*header, fields);
    }
    LogBatch batch;
    batch.source = source;
    batch.base = base;
    batch.rows.batch = decoder.finish();
    batch.contract = batch.rows.batch->contract().id();
    auto records = std::make_shared<RecordBlock>();
    for (std::uint32_t row = 0; row < rows; ++row) {
        batch.rows.rows.push_back(row);
        records->ends.push_back(0);
    }
    batch.records = std::move(records);
    return batch;
}

std::vector<SinkBatch> make_commits(std::size_t rows, std::size_t rows_per_commit,
                                    std::size_t lines_per_invoice) {
    Shop shop(lines_per_invoice);
    RowDecoder decoder(sales_contract());
    std::array<Offset, kShards> next{};
    std::vector<SinkBatch> commits;
    std::uint32_t shard = 0;
    for (std::size_t made = 0; made < rows;) {
        SinkBatch& commit = commits.emplace_back();
        const std::array<Offset, kShards> from = next;
        for (std::size_t in_commit = 0; in_commit < rows_per_commit;) {
            const std::size_t count = std::min(kRowsPerBatch, rows_per_commit - in_commit);
            shard = (shard + 1) % kShards;
            commit.batches.push_back(make_batch(shop, decoder, SourceId{shard + 1}, next[shard], count));
            next[shard].value += count;
            in_commit += count;
            made += count;
        }
        for (std::uint32_t s = 0; s < kShards; ++s)
            commit.ranges.push_back({SourceId{s + 1}, from[s], next[s], "c"});
    }
    return commits;
}

int run(const std::string& dir, std::size_t rows, std::size_t rows_per_commit,
        std::size_t lines_per_invoice) {
    const std::vector<SinkBatch> commits = make_commits(rows, rows_per_commit, lines_per_invoice);
    const std::size_t made = commits.size() * rows_per_commit;
    for (int round = 0; round < 3; ++round) {
        std::filesystem::remove_all(dir);
        Metrics metrics;
        auto store = RocksdbTables::open(dir, {}, Logger::silent(), metrics);
        if (!store) {
            fmt::print(stderr, "{}\n", store.error().message);
            return 1;
        }
        const auto sink = *TablesSink::open(**store);
        const double began = now();
        const double cpu_began = cpu(RUSAGE_SELF);
        const double own_began = cpu(RUSAGE_THREAD);
        for (const SinkBatch& commit : commits) {
            if (const Status done = sink->commit(commit, Epoch{1}); !done) {
                fmt::print(stderr, "{}\n", done.error().message);
                return 1;
            }
        }
        const double took = now() - began;
        const double own = cpu(RUSAGE_THREAD) - own_began;
        store->reset();
        const double all = cpu(RUSAGE_SELF) - cpu_began;
        const auto per_row = [&](double seconds) { return seconds * 1e6 / static_cast<double>(made); };
        fmt::print(
            "{} rows, {} per commit: {:.0f} rows/s, CPU per row {:.2f} us in commit, {:.2f} us in all\n",
            made, rows_per_commit, static_cast<double>(made) / took, per_row(own), per_row(all));
    }
    std::filesystem::remove_all(dir);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto number = [&](int at, std::size_t otherwise) {
        return argc > at ? std::max(std::strtoull(argv[at], nullptr, 10), 1ULL) : otherwise;
    };
    const std::string dir = argc > 1 ? argv[1] : "./tables-bench";
    return run(dir, number(2, 500'000), number(3, 5'000), number(4, 21));
}
