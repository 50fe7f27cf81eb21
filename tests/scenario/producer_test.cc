// The program's own producer against the server: a simulated shop with its right answer. The real year of
// sales is in purchase_history_test.cc.
#include <fmt/format.h>

#include <fstream>
#include <random>
#include <sstream>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

class Producer : public Scenario {
protected:
    json::Value send(const std::string& file) {
        const CommandResult result =
            run_program({"send", file, "--server", server().url(), "--output", "json"});
        EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 5) << result.errors;
        return must(json::parse(result.output));
    }
    std::string value(const std::string& sql) { return must(client().query_value(sql)); }
    /// expected.json's groups against the same grouping in SQL.
    void expect_groups(const json::Value& expected, const std::string& key) {
        const auto rows = must(
            client().query("SELECT (" + key +
                           ")::text, count(*), sum(quantity), sum(line_total) FROM shop.sales GROUP BY 1"));
        EXPECT_EQ(rows.size(), expected.members.size()) << key;
        for (const json::Value& row : rows) {
            const json::Value* group = expected.find(row.items[0].text);
            ASSERT_TRUE(group) << key << " " << row.items[0].text;
            EXPECT_EQ(row.items[1].text, text_of(*group, "rows")) << row.items[0].text;
            EXPECT_EQ(row.items[2].text, text_of(*group, "quantity")) << row.items[0].text;
            EXPECT_EQ(row.items[3].text, text_of(*group, "line_total")) << row.items[0].text;
        }
    }
};

json::Value read_json(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return must(json::parse(text.str()));
}

TEST_F(Producer, ASimulatedShopAddsUpToItsExpectedFigures) {
    const auto seed = std::to_string(std::random_device{}());
    std::printf("seed %s\n", seed.c_str());
    const std::string shop = folder().file("shop");
    const CommandResult made = run_program({"simulate", "--seed", seed, "--rows", "100000", "--out", shop});
    ASSERT_EQ(made.exit_code, 0) << made.errors;
    start();
    const json::Value report = send(shop + "/sales.ndjson");
    const json::Value expected = read_json(shop + "/expected.json");
    for (const char* figure : {"sent", "accepted", "quarantined", "duplicates"}) {
        EXPECT_EQ(text_of(report, figure), text_of(expected, figure)) << figure;
    }
    EXPECT_GT(number_of(report, "quarantined"), 0);

    const json::Value verified = expect_verified();
    EXPECT_EQ(text_of(verified, "accepted"), text_of(expected, "accepted"));
    EXPECT_EQ(value("SELECT count(*) FROM shop.sales"), text_of(expected, "accepted"));
    EXPECT_EQ(value("SELECT count(*) FROM ops.quarantine"), text_of(expected, "quarantined"));
    EXPECT_EQ(value("SELECT sum(quantity) FROM shop.sales"), text_of(expected, "quantity"));
    EXPECT_EQ(value("SELECT sum(line_total) FROM shop.sales"), text_of(expected, "line_total"));
    EXPECT_EQ(value("SELECT count(DISTINCT invoice_no) FROM shop.sales"), text_of(expected, "invoices"));
    EXPECT_EQ(value("SELECT count(DISTINCT customer_id) FROM shop.sales"), text_of(expected, "customers"));
    expect_groups(*expected.find("by_day"), "invoice_date::date");
    expect_groups(*expected.find("by_country"), "country");
}

TEST_F(Producer, WhatAShopSendsTwiceCountsOnceAlsoWhenAllIsSentAgain) {
    const auto seed = std::to_string(std::random_device{}());
    std::printf("seed %s\n", seed.c_str());
    const std::string shop = folder().file("shop");
    const CommandResult made =
        run_program({"simulate", "--seed", seed, "--rows", "50000", "--duplicates", "0.05", "--out", shop});
    ASSERT_EQ(made.exit_code, 0) << made.errors;
    start();
    const json::Value report = send(shop + "/sales.ndjson");
    const json::Value expected = read_json(shop + "/expected.json");
    for (const char* figure : {"sent", "accepted", "quarantined", "duplicates"}) {
        EXPECT_EQ(text_of(report, figure), text_of(expected, figure)) << figure;
    }
    EXPECT_GT(number_of(report, "duplicates"), 1'000);
    server().kill_now();
    start();
    const json::Value again = send(shop + "/sales.ndjson");
    EXPECT_EQ(number_of(again, "accepted"), 0);
    const json::Value verified = expect_verified();
    EXPECT_EQ(text_of(verified, "accepted"), text_of(expected, "accepted"));
    EXPECT_EQ(number_of(verified, "received"), 2 * number_of(expected, "sent"));
    EXPECT_EQ(value("SELECT sum(line_total) FROM shop.sales"), text_of(expected, "line_total"));
}

}  // namespace
}  // namespace tillstream
