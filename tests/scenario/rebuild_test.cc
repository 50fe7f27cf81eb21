// With the server stopped and the warehouse deleted, the next start builds it again from the log alone.
#include <filesystem>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

class Rebuild : public Scenario {
protected:
    std::string content() {
        return sales_content(true) +
               must(client().query_value(
                   "SELECT sum(hash(id, raw, errors::text, arrived_at)) FROM ops.quarantine")) +
               " " +
               must(client().query_value("SELECT sum(hash(event_id, stream, arrived_at)) FROM shop.sales"));
    }
    void delete_warehouse() {
        for (const char* name : {"/warehouse.duckdb", "/warehouse.duckdb.wal"}) {
            std::filesystem::remove(data_dir() + name);
        }
    }
};

TEST_F(Rebuild, GivesEqualStores) {
    start();
    for (int i = 0; i < 20; ++i) post(made_up_sales(1000 * i, 500, 50));
    const json::Value before = expect_verified();
    const std::string stored = content();
    ASSERT_EQ(stop(), 0);

    ASSERT_TRUE(std::filesystem::exists(data_dir() + "/warehouse.duckdb"));
    delete_warehouse();
    start();
    const json::Value after = expect_verified();
    EXPECT_EQ(number_of(after, "accepted"), 9'800);
    EXPECT_EQ(number_of(after, "quarantined"), 200);
    EXPECT_EQ(number_of(after, "received"), number_of(before, "received"));
    EXPECT_EQ(content(), stored);
}

TEST_F(Rebuild, WorksAfterAKillToo) {
    start();
    for (int i = 0; i < 10; ++i) post(made_up_sales(1000 * i, 500, 100));
    expect_verified();
    const std::string stored = content();
    server().kill_now();
    delete_warehouse();
    start();
    expect_verified();
    EXPECT_EQ(content(), stored);
}

}  // namespace
}  // namespace tillstream
