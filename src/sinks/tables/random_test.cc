// Random sales through crashes, against the model: the tables answer as the log, whatever was lost on the
// way.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <random>

#include "adapters/memory/memory_tables.h"
#include "adapters/rocksdb/rocksdb_tables.h"
#include "sinks/tables/tables_sink.h"
#include "tests/contract/warehouse_folder.h"
#include "tests/fakes/sales_model.h"

namespace tillstream::testing {
namespace {

class RandomSales {
public:
    explicit RandomSales(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t end) { return random_() % end; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }

    Sale sale() {
        Sale sale;
        sale.invoice = (one_in(20) ? "C" : "") + std::to_string(1000 + below(300));
        sale.stock = one_in(3) ? "85123A" : std::to_string(below(50));
        if (one_in(10)) sale.description.reset();
        sale.quantity = static_cast<std::int64_t>(below(40)) - 10;
        sale.minute = static_cast<std::int64_t>(below(one_in(3) ? 10'000 : 20));
        sale.price = static_cast<std::int64_t>(below(1'000'000)) - 10'000;
        // The invoice mostly knows its customer.
        if (!one_in(4))
            sale.customer = static_cast<std::int64_t>(std::hash<std::string>{}(sale.invoice) % 40);
        if (one_in(15)) sale.customer = static_cast<std::int64_t>(below(40));
        const char* countries[] = {"United Kingdom", "France", "EIRE"};
        sale.country = countries[below(3)];
        if (one_in(20)) sale.country.reset();
        sale.bad = one_in(25);
        return sale;
    }

    /// Entries of 1 to 60 sales from three sources, `count` sales in all.
    void fill(SalesLog& log, std::size_t count) {
        for (std::size_t made = 0; made < count;) {
            std::vector<Sale> sales(std::min<std::size_t>(1 + below(60), count - made));
            for (Sale& one : sales) one = sale();
            made += sales.size();
            log.append(SourceId{static_cast<std::uint32_t>(1 + below(3))}, std::move(sales));
        }
    }

private:
    std::mt19937_64 random_;
};

std::uint64_t first_seed() {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    return seed;
}

void run_in_memory(std::uint64_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomSales random(seed);
    SalesLog log;
    random.fill(log, 10'000);
    MemoryTables store;
    auto sink = *TablesSink::open(store);
    std::size_t at = 0;
    int checks = 0;
    while (at < log.entries().size()) {
        const std::size_t to = std::min(log.entries().size(), at + 1 + random.below(12));
        ASSERT_TRUE(sink->commit(log.commit(at, to), Epoch{1}));
        at = to;
        if (random.one_in(10)) {
            ASSERT_TRUE(store.checkpoint());
        }
        if (!random.one_in(12)) continue;
        store.crash(random.below(store.commits_at_risk() + 1));
        sink = *TablesSink::open(store);
        at = log.entries_at(*sink->positions());
        if (++checks % 4 == 0) expect_equal(store, SalesModel(log, at), 1 + random.below(50));
        if (::testing::Test::HasFailure()) return;
    }
    expect_equal(store, SalesModel(log, at), 1 + random.below(50));
}

TEST(TablesRandom, AnswersAreTheLogsThroughCrashes) {
    const std::uint64_t seed = first_seed();
    for (std::uint64_t i = 0; i < 20 && !::testing::Test::HasFailure(); ++i) run_in_memory(seed + i);
}

/// The store may remove files it has merged while they are listed: then the copy begins anew.
void copy_while_open(const std::string& from, const std::string& to) {
    std::error_code failed;
    do {
        std::filesystem::remove_all(to);
        std::filesystem::copy(from, to, std::filesystem::copy_options::recursive, failed);
    } while (failed == std::errc::no_such_file_or_directory);
    ASSERT_FALSE(failed) << failed.message();
}

/// The sink on RocksDB in a folder of its own. A copy of the folder while the store is open is what a kill at
/// that moment leaves: nothing that is in memory is in it.
class CopiedStore {
public:
    CopiedStore() {
        options_.checkpoint_interval = std::chrono::hours(1);
        open();
    }
    TableStore& store() { return *store_; }
    TablesSink& sink() { return *sink_; }

    void kill() {
        const std::string old = path();
        ++generation_;
        copy_while_open(old, path());
        sink_.reset();
        store_.reset();
        std::filesystem::remove_all(old);
        open();
    }

private:
    std::string path() const { return folder_.file("tables" + std::to_string(generation_)); }
    void open() {
        store_ = *RocksdbTables::open(path(), options_, Logger::silent(), metrics_);
        sink_ = *TablesSink::open(*store_);
    }

    const Folder folder_;
    Metrics metrics_;
    RocksdbOptions options_;
    int generation_ = 0;
    std::unique_ptr<TableStore> store_;
    std::unique_ptr<TablesSink> sink_;
};

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kSeedsOnDisk = 3;  // ten times slower
#else
constexpr std::uint64_t kSeedsOnDisk = 20;
#endif

/// How many kills it met.
int run_on_disk(std::uint64_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomSales random(seed);
    SalesLog log;
    random.fill(log, 10'000);
    CopiedStore tables;
    std::size_t at = 0;
    std::size_t persisted = 0;
    int kills = 0;
    while (at < log.entries().size() && !::testing::Test::HasFailure()) {
        const std::size_t to = std::min(log.entries().size(), at + 1 + random.below(24));
        EXPECT_TRUE(tables.sink().commit(log.commit(at, to), Epoch{1}));
        at = to;
        if (random.one_in(4)) {
            EXPECT_TRUE(tables.store().checkpoint());
            persisted = at;
        }
        if (!random.one_in(10)) continue;
        tables.kill();
        ++kills;
        at = log.entries_at(*tables.sink().positions());
        EXPECT_EQ(at, persisted);
        if (random.one_in(10)) expect_equal(tables.store(), SalesModel(log, at), 10 + random.below(50));
    }
    expect_equal(tables.store(), SalesModel(log, at), 10 + random.below(50));
    return kills;
}

TEST(TablesRandom, AnswersAreTheLogsAfterReopeningCopiesOfTheStore) {
    const std::uint64_t seed = first_seed();
    int kills = 0;
    for (std::uint64_t i = 0; i < kSeedsOnDisk && !::testing::Test::HasFailure(); ++i)
        kills += run_on_disk(seed + i);
    EXPECT_GE(kills, static_cast<int>(kSeedsOnDisk));
}

}  // namespace
}  // namespace tillstream::testing
