// The journal at its budget: new records are refused with 503, everything else goes on, and nothing
// acknowledged is lost.
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/scenario/scenario.h"
#include "tests/scenario/small_journal.h"

namespace tillstream {
namespace {

class JournalBudget : public Scenario {};

TEST_F(JournalBudget, RefusesWith503WhileReadsGoOn) {
    const std::vector<std::string> small{"--log.segment_bytes", "1MiB", "--log.budget_bytes", "8MiB"};
    start(small);
    const std::string body = made_up_sales(1, 2'000);
    std::int64_t acknowledged = 0;
    std::optional<ClientResponse> refused;
    for (int i = 0; i < 200 && !refused; ++i) {
        ClientResponse answer = must(client().post("/v1/streams/sales/records", body));
        if (answer.status == 200)
            acknowledged += 2'000;
        else
            refused = std::move(answer);
    }
    ASSERT_TRUE(refused) << "8 MiB took " << acknowledged << " records without an end";
    EXPECT_EQ(refused->status, 503) << refused->body;
    EXPECT_TRUE(refused->find("Retry-After"));
    EXPECT_NE(refused->body.find("budget"), std::string::npos) << refused->body;
    EXPECT_GT(acknowledged, 0);

    EXPECT_EQ(number_of(expect_verified(), "accepted"), acknowledged);
    EXPECT_EQ(must(client().query_value("SELECT count(*) FROM shop.sales")), std::to_string(acknowledged));
    server().kill_now();
    start(small);
    EXPECT_EQ(number_of(expect_verified(), "accepted"), acknowledged);
    EXPECT_EQ(must(client().post("/v1/streams/sales/records", body)).status, 503);
    ASSERT_EQ(stop(), 0);

    start();
    EXPECT_EQ(number_of(post(body), "accepted"), 2'000) << "a larger budget opens the intake again";
    EXPECT_EQ(number_of(expect_verified(), "accepted"), acknowledged + 2'000);
}

/// The largest that a journal's folder has been, looked at all the time.
class FolderWatch {
public:
    explicit FolderWatch(const std::string& data_dir) : thread_([this, data_dir] { run(data_dir); }) {}
    ~FolderWatch() { most(); }
    std::uint64_t most() {
        stopping_ = true;
        if (thread_.joinable()) thread_.join();
        return most_;
    }

private:
    void run(const std::string& data_dir) {
        while (!stopping_) {
            most_ = std::max(most_, journal_bytes(data_dir));
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    }

    std::atomic<bool> stopping_{false};
    std::uint64_t most_ = 0;
    std::thread thread_;
};

TEST_F(JournalBudget, IsHeldByWhatIsSealed) {
    const int requests = long_run() ? 1'000 : 60;
    const std::uint64_t budget = std::uint64_t{long_run() ? 256U : 16U} << 20;
    start({"--log.segment_bytes", long_run() ? "8MiB" : "1MiB", "--log.seal_bytes", "1MiB", "--log.budget_bytes",
           std::to_string(budget)});
    FolderWatch watch(data_dir());
    int refusals = 0;
    for (int i = 0; i < requests;) {
        const ClientResponse answer =
            must(client().post("/v1/streams/sales/records", made_up_sales(10'000 * i, 5'000)));
        if (answer.status == 200) {
            ++i;
            continue;
        }
        ASSERT_EQ(answer.status, 503) << answer.body;
        ASSERT_LT(++refusals, 6'000) << "sealing makes no room: " << answer.body;
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    const json::Value verified = expect_verified();
    EXPECT_EQ(number_of(verified, "accepted"), requests * 5'000);
    for (const char* sink : {"warehouse", "tables", "quarantine"}) EXPECT_EQ(must(client().lag_records(sink)), 0);
    EXPECT_GT(number_of(*verified.find("raw"), "records"), requests * 5'000 / 2) << "little of it was sealed";
    EXPECT_LE(watch.most(), budget);
    RecordProperty("refusals", refusals);
}

}  // namespace
}  // namespace tillstream
