// The tables and the warehouse open each by itself: damage of one is told and leaves the other at work, and a
// deleted one is built again from the log alone.
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

class StoresApart : public Scenario {
protected:
    void sell_and_stop() {
        start();
        for (int i = 0; i < 10; ++i) post(made_up_sales(1000 * i, 500, 50));
        expect_verified();
        ASSERT_EQ(stop(), 0);
    }
    static void damage(const std::string& path) {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << std::string(10'000, 'x');
    }
    /// A server of which one store does not open.
    void start_without(const std::string& broken, const std::string& other) {
        half_.emplace(must(ServerProcess::start(data_dir())));
        shop_.emplace(must(ShopClient::open(half_->url())));
        std::string detail;
        const auto says = [&](const std::string& text) { return detail.find(text) != std::string::npos; };
        while (!says(broken + " is not available") || says("opening")) {
            const auto answer = must(shop_->get("/readyz"));
            ASSERT_EQ(answer.status, 503);
            detail = answer.body;
        }
        EXPECT_TRUE(says("delete")) << "no way out: " << detail;
        EXPECT_FALSE(says(other + " is not available")) << detail;
        must(shop_->post_json("/v1/streams/sales/records", made_up_sales(100'000, 100)));
    }
    /// The sink's state while its store is away, and the other's records.
    bool comes_level(const char* sink) {
        for (int i = 0; i < 600; ++i) {
            const auto lag = shop_->lag_records(sink);
            if (lag && *lag == 0) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
        }
        return false;
    }
    void expect_rebuilt_without(const std::string& name) {
        EXPECT_EQ(half_->terminate(), 0);
        std::filesystem::remove_all(data_dir() + "/" + name);
        start();
        EXPECT_EQ(number_of(expect_verified(), "received"), 5'100);
    }

    std::optional<ServerProcess> half_;
    std::optional<ShopClient> shop_;
};

TEST_F(StoresApart, DamagedTablesLeaveTheWarehouseAtWork) {
    sell_and_stop();
    for (const auto& entry : std::filesystem::directory_iterator(data_dir() + "/tables")) {
        if (entry.path().filename().string().starts_with("MANIFEST")) damage(entry.path());
    }
    start_without("the operational store", "the warehouse");
    EXPECT_TRUE(comes_level("warehouse"));
    EXPECT_EQ(must(shop_->query_value("SELECT count(*) FROM shop.sales")), "5000");
    expect_rebuilt_without("tables");
}

TEST_F(StoresApart, ADamagedWarehouseLeavesTheTablesAtWork) {
    sell_and_stop();
    damage(data_dir() + "/warehouse.duckdb");
    start_without("the warehouse", "the operational store");
    EXPECT_TRUE(comes_level("tables"));
    expect_rebuilt_without("warehouse.duckdb");
}

TEST_F(StoresApart, DeletedTablesAreBuiltAgain) {
    sell_and_stop();
    std::filesystem::remove_all(data_dir() + "/tables");
    start();
    const json::Value verified = expect_verified();
    const std::vector<json::Value>& sinks = verified.find("sinks")->items;
    ASSERT_EQ(sinks.size(), 3U);
    EXPECT_EQ(text_of(sinks[1], "name"), "tables") << "not in the order of their names";
    EXPECT_EQ(number_of(sinks[1], "rows"), 4'900);
}

/// Every other kill comes while the sinks work: more in a row at one place would be laid to the records
/// there.
TEST_F(StoresApart, KillsInTheMiddleOfALoadLoseNothing) {
    const std::vector<std::string> often = {"--tables.checkpoint_interval", "50ms"};
    start(often);
    for (int round = 0; round < 6; ++round) {
        for (int i = 0; i < 5; ++i) post(made_up_sales(100'000 * round + 1000 * i, 500, 50));
        if (round % 2 == 1) expect_verified();
        server().kill_now();
        start(often);
    }
    EXPECT_EQ(number_of(expect_verified(), "received"), 15'000);
}

}  // namespace
}  // namespace tillstream
