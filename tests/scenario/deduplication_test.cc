// What a producer sends again counts once: by event id and by key, at once, later, and after a kill.
#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <thread>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

constexpr const char* kRecords = "/v1/streams/sales/records";
using Headers = std::vector<std::pair<std::string, std::string>>;

/// Sales `first` to before `first + rows` with ids of their own; every `bad_every`th is bad.
std::string sales_with_ids(int first, int rows, int bad_every = 0) {
    std::string body = "[";
    for (int i = first; i < first + rows; ++i) {
        const bool bad = bad_every > 0 && i % bad_every == 0;
        body +=
            fmt::format(R"({}{{"event_id":"e{}","invoice_no":"{}","stock_code":"{}","quantity":{},)"
                        R"("invoice_date":"2011-05-01T09:00:00Z","unit_price":"1.25","country":"Malta"}})",
                        i == first ? "" : ",", i, 100'000 + i / 5, i, bad ? "\"six\"" : "3");
    }
    return body + "]";
}

class Deduplication : public Scenario {
protected:
    void kill_and_start(const std::vector<std::string>& arguments = {}) {
        server().kill_now();
        start(arguments);
    }
    void expect_counts(const json::Value& answer, int accepted, int quarantined, int duplicates) {
        EXPECT_EQ(number_of(answer, "accepted"), accepted);
        EXPECT_EQ(number_of(answer, "quarantined"), quarantined);
        EXPECT_EQ(number_of(answer, "duplicates"), duplicates);
    }
    ClientResponse post_with_key(const std::string& body, const std::string& key,
                                 const std::string& query = "") {
        return must(client().post(kRecords + query, body, {{"Idempotency-Key", key}}));
    }
};

TEST_F(Deduplication, EventIdsCountOnceOverKillsAndRestarts) {
    start();
    expect_counts(post(sales_with_ids(0, 500, 100)), 495, 5, 0);
    expect_counts(post(sales_with_ids(400, 200, 100)), 99, 1, 100);
    kill_and_start();
    expect_counts(post(sales_with_ids(0, 700, 100)), 99, 1, 600);
    EXPECT_EQ(stop(), 0);
    start();
    expect_counts(post(sales_with_ids(0, 700, 100)), 0, 0, 700);
    expect_counts(post(sales_with_ids(0, 700)), 7, 0, 693);  // the bad ones, corrected
    json::Value verified = expect_verified();
    expect_counts(verified, 700, 7, 100 + 600 + 700 + 693);
    EXPECT_EQ(number_of(verified, "received"), 500 + 200 + 700 + 700 + 700);
    kill_and_start();
    verified = expect_verified();
    EXPECT_EQ(number_of(verified, "received"), 500 + 200 + 700 + 700 + 700);
    EXPECT_EQ(must(client().query_value("SELECT count(DISTINCT event_id) FROM shop.sales")), "700");
}

TEST_F(Deduplication, AnIndexThatIsGoneIsBuiltAgainFromJournalAndObjects) {
    start();
    expect_counts(post(sales_with_ids(0, 300, 50)), 294, 6, 0);
    const std::string body = sales_with_ids(1'000, 20, 7);
    const ClientResponse first = post_with_key(body, "key");
    ASSERT_EQ(first.status, 200) << first.body;
    must(client().post_json("/v1/streams/sales/seal", ""));
    expect_counts(post(sales_with_ids(300, 300, 50)), 294, 6, 0);
    EXPECT_EQ(stop(), 0);
    ASSERT_GT(std::filesystem::remove_all(data_dir() + "/state/dedup"), 1U);
    start();
    expect_counts(post(sales_with_ids(0, 600, 50)), 0, 0, 600);
    const ClientResponse again = post_with_key(body, "key");
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body, first.body);
    EXPECT_TRUE(again.find("Idempotent-Replayed"));
    expect_verified();
}

TEST_F(Deduplication, DuplicatesAreNamedOnRequest) {
    start();
    post(sales_with_ids(0, 2));
    const json::Value answer =
        must(client().post_json(std::string(kRecords) + "?detail=all", sales_with_ids(1, 2)));
    const json::Value& records = *answer.find("records");
    ASSERT_EQ(records.items.size(), 2U);
    EXPECT_EQ(text_of(records.items[0], "status"), "duplicate");
    EXPECT_EQ(text_of(records.items[1], "status"), "accepted");
    // Whoever reads at the answer's position sees the records that the copies are copies of.
    const json::Value copies = post(sales_with_ids(0, 3));
    expect_counts(copies, 0, 0, 3);
    const json::Value rows = must(client().post_json("/v1/query?after=" + text_of(copies, "position"),
                                                     R"({"sql":"SELECT count(*) FROM shop.sales"})"));
    EXPECT_EQ(rows.find("rows")->items.at(0).items.at(0).as_int64().value_or(-1), 3);
}

TEST_F(Deduplication, CopiesLeaveNoLineInTheRawLake) {
    start();
    post(sales_with_ids(0, 100));
    post(sales_with_ids(0, 100));
    must(client().post_json("/v1/streams/sales/seal", ""));
    const json::Value verified = expect_verified();
    EXPECT_EQ(number_of(*verified.find("raw"), "records"), 100);
    EXPECT_EQ(number_of(verified, "duplicates"), 100);
    EXPECT_EQ(number_of(verified, "received"), 200);
}

TEST_F(Deduplication, AKeyGetsTheFirstAnswerByteForByte) {
    start();
    post(made_up_sales(900, 10));
    for (const char* query : {"", "?detail=all"}) {
        SCOPED_TRACE(query);
        const std::string key = std::string("till-7/4711") + query;
        const std::string body = made_up_sales(1, 50, 7);
        const ClientResponse first = post_with_key(body, key, query);
        ASSERT_EQ(first.status, 200) << first.body;
        EXPECT_FALSE(first.find("Idempotent-Replayed"));
        for (int again = 0; again < 4; ++again) {
            const ClientResponse answer = post_with_key(body, key);
            EXPECT_EQ(answer.status, 200);
            EXPECT_EQ(answer.body, first.body);
            EXPECT_EQ(answer.find("Idempotent-Replayed").value_or(""), "true");
            const ClientResponse other = post_with_key(made_up_sales(2, 50), key);
            EXPECT_EQ(other.status, 422) << other.body;
            if (again == 0) kill_and_start();
            if (again == 1) {
                EXPECT_EQ(stop(), 0);
                start();
            }
            if (again == 2) must(client().post_json("/v1/streams/sales/seal", ""));
        }
    }
    EXPECT_EQ(number_of(expect_verified(), "received"), 110);
}

TEST_F(Deduplication, ManyAtOnceUnderOneKeyAreOneRequest) {
    start();
    constexpr int kThreads = 8;
    const std::string body = made_up_sales(1, 2'000);
    std::set<std::string> answers;
    std::mutex mutex;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            ShopClient own = must(ShopClient::open(server().url()));
            for (;;) {
                const ClientResponse answer = must(own.post(kRecords, body, {{"Idempotency-Key", "one"}}));
                EXPECT_TRUE(answer.status == 200 || answer.status == 409) << answer.status;
                if (answer.status == 409) continue;
                const std::lock_guard lock(mutex);
                answers.insert(answer.body);
                return;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(answers.size(), 1U);
    EXPECT_EQ(number_of(expect_verified(), "received"), 2'000);
}

TEST_F(Deduplication, BadKeysAreRefusedAndBadRequestsClaimNone) {
    start();
    const std::string body = made_up_sales(1, 1);
    EXPECT_EQ(post_with_key(body, "").status, 400);
    EXPECT_EQ(post_with_key(body, std::string(256, 'k')).status, 400);
    EXPECT_EQ(post_with_key("nonsense", "k").status, 400);
    const ClientResponse unknown =
        must(client().post("/v1/streams/nope/records", body, {{"Idempotency-Key", "k"}}));
    EXPECT_EQ(unknown.status, 404);
    EXPECT_FALSE(post_with_key(body, "k").find("Idempotent-Replayed"));
    EXPECT_FALSE(post_with_key(body, std::string(255, 'k')).find("Idempotent-Replayed"));
    EXPECT_EQ(number_of(expect_verified(), "received"), 2);
}

TEST_F(Deduplication, ADamagedIndexIsConfessedAndBuiltAgain) {
    start();
    post(sales_with_ids(0, 400));
    EXPECT_EQ(stop(), 0);
    for (const auto& file : std::filesystem::directory_iterator(data_dir() + "/state/dedup")) {
        if (file.path().extension() == ".ids") std::filesystem::resize_file(file.path(), 5'000);
    }
    const CommandResult doctor = run_program({"doctor", "--data", data_dir(), "--output", "json"});
    EXPECT_NE(doctor.output.find("state/dedup"), std::string::npos) << doctor.output;
    start();
    expect_counts(post(sales_with_ids(0, 400)), 0, 0, 400);
    expect_verified();
}

}  // namespace
}  // namespace tillstream
