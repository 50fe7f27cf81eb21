// Records that were judged bad, listed by REST and by SQL: the same ones, in the same order, whatever the
// page; and the tables that tell how the stores stand.
#include <fmt/format.h>

#include "tests/scenario/history.h"
#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

/// A sale with several things wrong, as `wrong` says.
std::string bad_sale(int number, const std::string& wrong) {
    return fmt::format(R"({{"invoice_no":"{}","stock_code":"1","quantity":1,"invoice_date":"2011-05-01",)"
                       R"("unit_price":"1.25","country":"Malta",{}}})",
                       number, wrong);
}

class Quarantine : public Scenario {
protected:
    void SetUp() override {
        start();
        post(made_up_sales(1, 1'000, 10));  // "type" of quantity
        std::string body = "[";
        for (int i = 0; i < 30; ++i) body += bad_sale(i, R"("stock_code":"2")") + ",";  // duplicate_field
        for (int i = 0; i < 20; ++i) body += bad_sale(i, R"("customer_id":1.5)") + ",";  // type
        body += R"("a text", 17])";
        post(body);
        expect_verified();
    }
    /// What a record is told by, of REST.
    static std::string shown(const json::Value& record) {
        std::string text;
        for (const char* name : {"id", "dataset", "stream", "shard", "offset", "raw", "arrived_at", "state"})
            text += text_of(record, name) + "|";
        return text;
    }
    std::vector<std::string> by_rest(const std::string& query) {
        std::vector<std::string> records;
        for (const json::Value& record : all_pages(client(), "/v1/quarantine?" + query, "records"))
            records.push_back(shown(record));
        return records;
    }
    std::vector<std::string> by_sql(const std::string& where) {
        std::vector<std::string> records;
        for (const json::Value& row : must(client().query(
                 "SELECT id, dataset, stream, shard, \"offset\", raw, arrived_at, state FROM ops.quarantine "
                 "WHERE " +
                 where + " ORDER BY arrived_at, id"))) {
            std::string text;
            for (const json::Value& cell : row.items) text += cell.text + "|";
            records.push_back(text);
        }
        return records;
    }
};

TEST_F(Quarantine, ListsWhatSqlHoldsUnderEveryFilterAndPage) {
    struct Case {
        std::string query;
        std::string where;
        std::size_t least;
    };
    const std::vector<Case> cases{
        {"limit=1000", "true", 152},
        {"limit=7", "true", 152},
        {"reason=type&limit=9", "errors::text LIKE '%\"code\":\"type\"%'", 120},
        {"reason=duplicate_field&limit=11", "errors::text LIKE '%\"code\":\"duplicate_field\"%'", 30},
        {"reason=size&limit=11", "false", 0},
        {"dataset=sales&limit=50", "dataset = 'sales'", 152},
        {"dataset=orders&limit=50", "false", 0},
        {"state=open&limit=50", "state = 'open'", 152},
        {"state=discarded&limit=50", "false", 0},
        {"dataset=sales&state=open&reason=type&limit=13", "errors::text LIKE '%\"code\":\"type\"%'", 120},
    };
    for (const Case& each : cases) {
        const std::vector<std::string> expected = by_sql(each.where);
        EXPECT_GE(expected.size(), each.least) << each.query;
        EXPECT_EQ(by_rest(each.query), expected) << each.query;
    }
}

TEST_F(Quarantine, TellsTheErrorsOfEachRecord) {
    for (const json::Value& record : all_pages(client(), "/v1/quarantine?limit=50", "records")) {
        ASSERT_FALSE(record.find("errors")->items.empty()) << text_of(record, "id");
        for (const json::Value& error : record.find("errors")->items) {
            for (const char* member : {"pointer", "code", "expected", "found"})
                EXPECT_TRUE(error.find(member)) << text_of(record, "id") << " without " << member;
        }
    }
}

TEST_F(Quarantine, CursorsStayValidWhileMoreIsRefused) {
    const std::vector<std::string> before = by_rest("limit=1000");
    std::vector<std::string> seen;
    std::string cursor;
    for (int page = 0; page < 200; ++page) {
        const json::Value answer = must(client().get_json("/v1/quarantine?limit=20" + cursor));
        for (const json::Value& record : answer.find("records")->items) seen.push_back(shown(record));
        if (answer.find("next")->is_null()) break;
        cursor = "&cursor=" + answer.find("next")->text;
        if (page < 5) post(made_up_sales(10'000 + page, 10, 1));
    }
    ASSERT_GE(seen.size(), before.size());
    EXPECT_TRUE(std::equal(before.begin(), before.end(), seen.begin())) << "later records moved a page";
    expect_verified();
    EXPECT_EQ(by_rest("limit=1000"), by_sql("true"));
}

TEST_F(Quarantine, BadParametersAre400) {
    for (const char* query :
         {"limit=0", "limit=10001", "limit=x", "cursor=nonsense", "state=closed", "state=", "after=x"}) {
        const ClientResponse answer = must(client().get(std::string("/v1/quarantine?") + query));
        EXPECT_EQ(answer.status, 400) << query << ": " << answer.body;
    }
}

TEST_F(Quarantine, AWriterFindsItsRefusedRecordAtOnce) {
    for (int i = 0; i < 30; ++i) {
        const json::Value receipt = post(made_up_sales(20'000 + i, 1, 1));
        const json::Value& refused = receipt.find("records")->items.at(0);
        const std::string id =
            fmt::format("sales-{}-{}", number_of(refused, "shard"), number_of(refused, "offset"));
        bool found = false;
        const json::Value page = must(
            client().get_json("/v1/quarantine?limit=10000&after=" + text_of(receipt, "position")));
        for (const json::Value& record : page.find("records")->items) found |= text_of(record, "id") == id;
        ASSERT_TRUE(found) << id;
    }
}

TEST_F(Quarantine, OpsTablesTellHowTheStoresStand) {
    const auto sinks = must(client().query(
        "SELECT name, sum(lag_records), min(state), max(error), sum(log_end), sum(position) FROM ops.sinks "
        "WHERE stream = 'sales' GROUP BY name ORDER BY name"));
    ASSERT_EQ(sinks.size(), 3U);
    std::size_t at = 0;
    for (const char* name : {"quarantine", "tables", "warehouse"}) {
        const std::vector<json::Value>& row = sinks[at++].items;
        EXPECT_EQ(row[0].text, name);
        EXPECT_EQ(row[1].text, "0");
        EXPECT_EQ(row[2].text, "running");
        EXPECT_TRUE(row[3].is_null());
        EXPECT_EQ(row[4].text, "1052");
        EXPECT_EQ(row[5].text, "1052");
    }
    must(client().pause("tables"));
    post(made_up_sales(30'000, 100));
    const auto value = [&](const std::string& sql) { return must(client().query_value(sql)); };
    EXPECT_EQ(value("SELECT sum(lag_records) FROM ops.sinks WHERE name = 'tables'"), "100");
    EXPECT_EQ(value("SELECT DISTINCT state FROM ops.sinks WHERE name = 'tables'"), "paused");
    EXPECT_EQ(value("SELECT count(*) FROM ops.tables WHERE (\"schema\", name) IN (('shop', 'sales'), "
                    "('ops', 'quarantine'))"),
              "2");
}

}  // namespace
}  // namespace tillstream
