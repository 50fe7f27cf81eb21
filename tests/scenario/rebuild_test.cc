// With the server stopped and the stores deleted, the next start builds them again from the log alone, from
// sealed objects too; and a replay brings the log to a store at work once more.
#include <filesystem>
#include <thread>

#include "tests/scenario/history.h"
#include "tests/scenario/scenario.h"
#include "tests/scenario/small_journal.h"
#include "tests/scenario/steady_producer.h"

namespace tillstream {
namespace {

class Rebuild : public Scenario {
protected:
    std::string content() {
        return sales_content(true) +
               must(client().query_value(
                   "SELECT sum(hash(id, raw, errors::text, arrived_at)) FROM ops.quarantine")) +
               " " + history_content(client()) + " " +
               must(client().query_value("SELECT sum(hash(event_id, stream, arrived_at)) FROM shop.sales"));
    }
    void delete_stores() {
        ASSERT_TRUE(std::filesystem::exists(data_dir() + "/warehouse.duckdb"));
        ASSERT_TRUE(std::filesystem::exists(data_dir() + "/tables"));
        for (const char* name : {"/warehouse.duckdb", "/warehouse.duckdb.wal", "/tables"}) {
            std::filesystem::remove_all(data_dir() + name);
        }
    }
};

TEST_F(Rebuild, GivesEqualStores) {
    start();
    for (int i = 0; i < 20; ++i) post(made_up_sales(1000 * i, 500, 50));
    const json::Value before = expect_verified();
    const std::string stored = content();
    ASSERT_EQ(stop(), 0);

    delete_stores();
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
    delete_stores();
    start();
    expect_verified();
    EXPECT_EQ(content(), stored);
}

TEST_F(Rebuild, ComesFromSealedObjectsWhenTheJournalIsRecycled) {
    start(kSmallJournal);
    for (int i = 0; i < 20; ++i) post(made_up_sales(1000 * i, 1'000, 50));
    const json::Value before = seal_and_recycle(client(), data_dir());
    const std::string stored = content();
    ASSERT_EQ(stop(), 0);
    delete_stores();
    start(kSmallJournal);
    const json::Value after = expect_verified();
    EXPECT_EQ(number_of(after, "accepted"), 19'600);
    EXPECT_EQ(number_of(after, "quarantined"), 400);
    EXPECT_EQ(number_of(*after.find("raw"), "records"), 20'000);
    EXPECT_EQ(text_of(*after.find("log"), "line_total"), text_of(*before.find("log"), "line_total"));
    EXPECT_EQ(content(), stored);
    post(made_up_sales(100'000, 1'000));
    EXPECT_EQ(number_of(expect_verified(), "accepted"), 20'600);
}

TEST_F(Rebuild, AReplayWaitsForAPausedSinkAndComesOnce) {
    start();
    post(made_up_sales(1, 500));
    expect_verified();
    must(client().pause("tables"));
    EXPECT_EQ(text_of(must(client().post_json("/v1/sinks/tables/replay", "")), "state"), "waiting");
    EXPECT_EQ(must(client().post("/v1/sinks/tables/replay", "")).status, 409);
    must(client().resume("tables"));
    std::string state;
    for (int i = 0; i < 600 && state != "done"; ++i) {
        state = text_of(must(client().get_json("/v1/sinks/tables/replay")), "state");
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    EXPECT_EQ(state, "done");
    expect_verified();
}

class Replay : public Rebuild, public ::testing::WithParamInterface<const char*> {
protected:
    json::Value replay(const std::string& sink, const std::vector<std::string>& range = {}) {
        std::vector<std::string> arguments{"replay",       "--sink",   sink,  "--server",
                                           server().url(), "--output", "json"};
        arguments.insert(arguments.end(), range.begin(), range.end());
        const CommandResult result = run_program(arguments);
        EXPECT_EQ(result.exit_code, 0) << result.errors << result.output;
        return must(json::parse(result.output));
    }
    std::string value(const std::string& sql) { return must(client().query_value(sql)); }
};

TEST_P(Replay, OfALiveStoreWhileSalesArrive) {
    const std::string sink = GetParam();
    start(kSmallJournal);
    for (int i = 0; i < 12; ++i) post(made_up_sales(1000 * i, 1'000, 50));
    seal_and_recycle(client(), data_dir());

    SteadyProducer producer(server().url(), 1'000'000);
    while (producer.acknowledged() == 0 && producer.problem().empty())
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    const json::Value replayed = replay(sink);
    const std::int64_t acknowledged = producer.finish();
    EXPECT_EQ(producer.problem(), "");
    EXPECT_EQ(text_of(replayed, "state"), "done");
    EXPECT_TRUE(replayed.find("error")->is_null());
    EXPECT_GE(number_of(replayed, "stored"), sink == "quarantine" ? 240 : 11'760);
    const json::Value verified = expect_verified();
    EXPECT_EQ(number_of(verified, "received"), 12'000 + acknowledged);
    EXPECT_EQ(value("SELECT count(*) FROM shop.sales"), text_of(verified, "accepted"));
    EXPECT_EQ(value("SELECT count(*) FROM ops.quarantine"), text_of(verified, "quarantined"));
    const std::string again = content();
    replay(sink);
    expect_verified();
    EXPECT_EQ(content(), again) << "a replay of what is there changed something";
}

INSTANTIATE_TEST_SUITE_P(EachSink, Replay, ::testing::Values("tables", "warehouse", "quarantine"),
                         [](const auto& test) { return std::string(test.param); });

using ReplayOfARange = Replay;

TEST_P(ReplayOfARange, StoresItsArrivalsOnly) {
    start(kSmallJournal);
    post(made_up_sales(1, 1'000));
    post(made_up_sales(10'000, 700));
    post(made_up_sales(20'000, 1'000));
    expect_verified();
    const std::string stored = content();
    const auto arrival = [&](const std::string& least_invoice) {
        return value("SELECT min(arrived_at) FROM shop.sales WHERE invoice_no::int >= " + least_invoice);
    };
    const json::Value replayed = replay(GetParam(), {"--from", arrival("10000"), "--to", arrival("20000")});
    EXPECT_EQ(number_of(replayed, "stored"), 700);
    EXPECT_EQ(text_of(replayed, "whole"), "false");
    expect_verified();
    EXPECT_EQ(content(), stored);
}

INSTANTIATE_TEST_SUITE_P(Warehouse, ReplayOfARange, ::testing::Values("warehouse"));

TEST_F(Rebuild, AReplayOfNoSinkOrABadRangeIsRefused) {
    start();
    EXPECT_EQ(must(client().post("/v1/sinks/nothing/replay", "")).status, 404);
    EXPECT_EQ(must(client().get("/v1/sinks/nothing/replay")).status, 404);
    for (const char* range :
         {"from=yesterday", "from=2011-01-02&to=2011-01-01", "from=2011-01-01&to=2011-01-01"}) {
        const std::string target = std::string("/v1/sinks/warehouse/replay?") + range;
        EXPECT_EQ(must(client().post(target, "")).status, 400) << target;
    }
    const CommandResult result =
        run_program({"replay", "--sink", "nothing", "--server", server().url(), "--output", "json"});
    EXPECT_NE(result.exit_code, 0);
    EXPECT_NE(result.errors.find("nothing"), std::string::npos) << result.errors;
}

}  // namespace
}  // namespace tillstream
