// The journal and its budget: what is sealed makes room; where nothing can be sealed new records are refused
// with 503, everything else goes on, and nothing acknowledged is lost.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "tests/scenario/scenario.h"
#include "tests/scenario/small_journal.h"

namespace tillstream {
namespace {

class JournalBudget : public Scenario {
protected:
    static constexpr int kRecords = 2'000;
    /// A file where the raw lake's folder of the stream has to be: nothing can be sealed until it is gone.
    std::string obstacle() const { return data_dir() + "/lake/raw/sales"; }
    ClientResponse send() {
        return must(client().post("/v1/streams/sales/records", made_up_sales(1, kRecords)));
    }
    /// Until ingest answers anything but 200, or for so many requests.
    std::optional<ClientResponse> load_until_refused() {
        for (int i = 0; i < 200; ++i) {
            ClientResponse answer = send();
            if (answer.status != 200) return answer;
            acknowledged_ += kRecords;
        }
        return std::nullopt;
    }
    bool is_taken_again() {
        for (int i = 0; i < 1'200; ++i) {
            if (send().status == 200) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        return false;
    }

    std::int64_t acknowledged_ = 0;
};

TEST_F(JournalBudget, RefusesWith503WhileNothingCanBeSealedAndReadsGoOn) {
    const std::vector<std::string> small{"--log.segment_bytes", "1MiB", "--log.budget_bytes", "8MiB"};
    std::filesystem::create_directories(data_dir() + "/lake/raw");
    std::ofstream(obstacle()) << "in the way";
    start(small);
    const auto refused = load_until_refused();
    ASSERT_TRUE(refused) << "8 MiB took " << acknowledged_ << " records without an end";
    EXPECT_EQ(refused->status, 503) << refused->body;
    EXPECT_TRUE(refused->find("Retry-After"));
    EXPECT_NE(refused->body.find("budget"), std::string::npos) << refused->body;
    EXPECT_GT(acknowledged_, 0);

    for (const char* sink : {"warehouse", "tables"}) EXPECT_TRUE(comes_level(sink)) << sink;
    EXPECT_EQ(must(client().query_value("SELECT count(*) FROM shop.sales")), std::to_string(acknowledged_));
    server().kill_now();
    start(small);
    for (const char* sink : {"warehouse", "tables"}) EXPECT_TRUE(comes_level(sink)) << sink;
    EXPECT_EQ(must(client().query_value("SELECT count(*) FROM shop.sales")), std::to_string(acknowledged_));
    EXPECT_EQ(send().status, 503);

    std::filesystem::remove(obstacle());
    EXPECT_TRUE(is_taken_again()) << "what can be sealed again makes no room";
    EXPECT_EQ(number_of(expect_verified(), "accepted"), acknowledged_ + kRecords);
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
    const int requests = long_run() ? 2'500 : 150;
    const std::uint64_t budget = std::uint64_t{long_run() ? 256U : 16U} << 20;
    start({"--log.segment_bytes", long_run() ? "8MiB" : "1MiB", "--log.seal_bytes", "1MiB",
           "--log.budget_bytes", std::to_string(budget)});
    FolderWatch watch(data_dir());
    int refusals = 0;
    for (int i = 0; i < requests;) {
        const ClientResponse answer =
            must(client().post("/v1/streams/sales/records", made_up_sales(1'000 * i, kRecords)));
        if (answer.status == 200) {
            ++i;
            continue;
        }
        ASSERT_EQ(answer.status, 503) << answer.body;
        ASSERT_LT(++refusals, 6'000) << "sealing makes no room: " << answer.body;
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    for (const char* sink : {"warehouse", "tables", "quarantine"}) EXPECT_TRUE(comes_level(sink)) << sink;
    const json::Value verified = expect_verified();
    EXPECT_EQ(number_of(verified, "accepted"), requests * kRecords);
    EXPECT_GT(number_of(*verified.find("raw"), "records"), requests * kRecords / 2) << "little was sealed";
    EXPECT_LE(watch.most(), budget);
    RecordProperty("refusals", refusals);
}

}  // namespace
}  // namespace tillstream
