// Bytes of a stopped server's folder that are not what was written: the loss is told record for record, the
// rest goes on, and what can be had from elsewhere comes back.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "tests/scenario/scenario.h"
#include "tests/scenario/small_journal.h"
#include "tests/support/raw_objects.h"

namespace tillstream {
namespace {

constexpr std::int64_t kRecords = 40'000;
/// One object a shard, each of more than one frame.
const std::vector<std::string> kOneObjectAShard{"--log.segment_bytes", "1MiB", "--log.keep_bytes", "0B",
                                                "--log.tail_bytes", "1MiB"};

void flip_byte(const std::string& path, std::uintmax_t at) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(file.get() ^ 0x10);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
}

void overwrite(const std::string& path) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << std::string(10'000, 'x');
}

class Damage : public Scenario {
protected:
    void fill_and_stop() {
        start(kOneObjectAShard);
        for (int i = 0; i < kRecords / 1'000; ++i) post(made_up_sales(1000 * i, 1'000, 50));
        seal_and_recycle(client(), data_dir());
        ASSERT_EQ(stop(), 0);
        objects_ = must(raw_objects(data_dir(), "sales"));
        ASSERT_EQ(objects_.size(), 4U);
    }

    struct ShardRead {
        std::set<std::uint64_t> records;
        std::set<std::uint64_t> missing;  ///< named by gaps
        std::string reasons;
    };
    ShardRead read_shard(std::uint64_t shard) {
        ShardRead read;
        std::string from = "0";
        while (true) {
            const json::Value page = must(client().get_json(
                fmt::format("/v1/streams/sales/records?shard={}&from={}&limit=3000", shard, from)));
            for (const json::Value& record : page.find("records")->items)
                read.records.insert(static_cast<std::uint64_t>(number_of(record, "offset")));
            if (const json::Value* gaps = page.find("gaps")) {
                for (const json::Value& gap : gaps->items) note(gap, read);
            }
            if (page.find("next")->is_null()) return read;
            from = page.find("next")->text;
        }
    }

    /// All records are there but those of one object, and the reader is told of each that is not.
    void expect_missing(std::uint64_t shard, std::uint64_t end, std::size_t least, std::size_t most) {
        const ShardRead read = read_shard(shard);
        EXPECT_EQ(read.records.size() + read.missing.size(), end) << "shard " << shard;
        EXPECT_GE(read.missing.size(), least) << "shard " << shard;
        EXPECT_LE(read.missing.size(), most) << "shard " << shard << ": " << read.reasons;
        EXPECT_TRUE(std::none_of(read.missing.begin(), read.missing.end(), [&](std::uint64_t offset) {
            return read.records.contains(offset);
        }));
        EXPECT_EQ(read.reasons.empty(), least == 0);
    }
    void expect_problem_names(const RawObject& object) {
        const json::Value verified = must(client().verify());
        EXPECT_EQ(text_of(verified, "ok"), "false");
        const json::Value& raw = *verified.find("raw");
        EXPECT_EQ(text_of(raw, "ok"), "false");
        const std::string name = std::filesystem::path(object.path).filename().string();
        EXPECT_NE(text_of(raw, "problem").find(name), std::string::npos) << text_of(raw, "problem");
    }

    /// New sales go in and come out, whatever is lost of the old ones.
    void expect_at_work(int first_invoice) {
        const std::string position = text_of(post(made_up_sales(first_invoice, 500)), "position");
        EXPECT_EQ(number_of(must(client().get_json(
                                fmt::format("/v1/invoices/{}?after={}", first_invoice, position))),
                            "lines"),
                  5);
        const json::Value counted = must(client().post_json(
            "/v1/query?after=" + position,
            fmt::format(R"({{"sql":"SELECT count(*) FROM shop.sales WHERE invoice_no::int >= {}"}})",
                        first_invoice)));
        EXPECT_EQ(counted.find("rows")->items.at(0).items.at(0).text, "500");
    }

    /// Polls, for a minute.
    template <class Condition>
    static bool comes_true(Condition condition) {
        for (int i = 0; i < 1'200; ++i) {
            if (condition()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        return false;
    }

    std::vector<RawObject> objects_;
    std::optional<ServerProcess> half_;  ///< a server of which one store may not open
    std::optional<ShopClient> shop_;

private:
    static void note(const json::Value& gap, ShardRead& read) {
        for (std::int64_t at = number_of(gap, "from"); at < number_of(gap, "to"); ++at)
            read.missing.insert(static_cast<std::uint64_t>(at));
        read.reasons += text_of(gap, "reason") + "; ";
    }
};

TEST_F(Damage, OfSealedObjectsCostsWhatIsDamagedAndIsTold) {
    fill_and_stop();
    const auto size = [&](std::size_t i) { return objects_.at(i).last + 1 - objects_.at(i).first; };
    flip_byte(objects_.at(1).path, 1'000);
    std::filesystem::resize_file(objects_.at(2).path, std::filesystem::file_size(objects_.at(2).path) / 2);
    std::filesystem::remove(objects_.at(3).path);
    start(kOneObjectAShard);
    expect_missing(0, size(0), 0, 0);
    expect_missing(1, size(1), 1, size(1) - 1);  // one frame of it
    expect_missing(2, size(2), size(2), size(2));
    expect_missing(3, size(3), size(3), size(3));
    expect_problem_names(objects_.at(1));
    expect_problem_names(objects_.at(2));
    expect_at_work(900'000);

    ASSERT_EQ(stop(), 0);
    std::filesystem::remove_all(data_dir() + "/tables");
    start(kOneObjectAShard);
    EXPECT_TRUE(comes_level("tables")) << "a store cannot be rebuilt past a gap";
    expect_at_work(950'000);
}

TEST_F(Damage, LostCutsAreFoundAgainFromTheObjects) {
    fill_and_stop();
    for (const char* name : {"/log/cuts", "/log/cuts.copy"}) {
        ASSERT_TRUE(std::filesystem::exists(data_dir() + name));
        overwrite(data_dir() + name);
    }
    for (const char* name : {"/warehouse.duckdb", "/warehouse.duckdb.wal", "/tables"})
        std::filesystem::remove_all(data_dir() + name);
    start(kOneObjectAShard);
    const json::Value verified = expect_verified();
    EXPECT_EQ(number_of(verified, "received"), kRecords);
    EXPECT_EQ(number_of(*verified.find("log"), "gaps"), 0);
    expect_at_work(900'000);
    ASSERT_EQ(stop(), 0);
    start(kOneObjectAShard);
    EXPECT_EQ(number_of(expect_verified(), "received"), kRecords + 500);
}

TEST_F(Damage, ADamagedBlockOfTheTablesIsToldAndLeavesTheRestAtWork) {
    fill_and_stop();
    std::string largest;
    for (const auto& entry : std::filesystem::directory_iterator(data_dir() + "/tables")) {
        if (entry.path().extension() != ".sst") continue;
        if (largest.empty() || entry.file_size() > std::filesystem::file_size(largest))
            largest = entry.path();
    }
    ASSERT_FALSE(largest.empty());
    for (std::uintmax_t at = 100; at < std::filesystem::file_size(largest) / 2; at += 2'000)
        flip_byte(largest, at);
    half_.emplace(must(ServerProcess::start(data_dir(), kOneObjectAShard)));
    shop_.emplace(must(ShopClient::open(half_->url())));
    // Lines of old invoices: the sink has to read what it holds of them.
    for (int i = 0; i < 40; ++i)
        must(shop_->post_json("/v1/streams/sales/records", made_up_sales(1000 * i, 1'000)));
    EXPECT_TRUE(comes_true([&] { return shop_->lag_records("warehouse").value_or(1) == 0; }));
    std::string told;
    EXPECT_TRUE(comes_true([&] {
        told = must(shop_->get("/readyz")).body + must(shop_->get("/v1/streams/sales")).body +
               must(shop_->get("/v1/invoices/1")).body;
        return told.find("delete") != std::string::npos;
    })) << "no way out: " << told;
    EXPECT_NE(told.find("tables"), std::string::npos) << told;
    EXPECT_EQ(must(shop_->query_value("SELECT count(*) FROM shop.sales")), std::to_string(39'200 + 40'000));
    EXPECT_EQ(half_->terminate(), 0);

    std::filesystem::remove_all(data_dir() + "/tables");
    start(kOneObjectAShard);
    EXPECT_EQ(number_of(expect_verified(), "received"), 80'000);
}

}  // namespace
}  // namespace tillstream
