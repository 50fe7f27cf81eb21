// The journal within its budget: what is sealed makes room; while nothing can be sealed new records are
// refused with 503, everything else goes on, and nothing acknowledged is lost.
#include <filesystem>
#include <fstream>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

constexpr std::int64_t kRecords = 2'000;
constexpr std::uint64_t kBudget = std::uint64_t{8} << 20;

class JournalBudget : public Scenario {
protected:
    const std::vector<std::string> small_{"--log.budget_bytes", "8MiB"};
    const std::string body_ = made_up_sales(1, kRecords);

    std::uint64_t journal_bytes() const {
        std::uint64_t bytes = 0;
        for (const auto& entry : std::filesystem::directory_iterator(data_dir() + "/log"))
            bytes += entry.file_size();
        return bytes;
    }
};

TEST_F(JournalBudget, ManyTimesItsSizePassesThroughIt) {
    start(small_);
    std::int64_t acknowledged = 0;
    std::uint64_t sent = 0;
    while (sent < 5 * kBudget) {
        const ClientResponse answer = must(client().post("/v1/streams/sales/records", body_));
        ASSERT_TRUE(answer.status == 200 || answer.status == 503) << answer.body;
        if (answer.status == 503) continue;  // for a moment the sealer is slower than the sender
        acknowledged += kRecords;
        sent += body_.size();
        EXPECT_LE(journal_bytes(), kBudget + (std::uint64_t{1} << 20)) << "registry and cuts come on top";
    }
    EXPECT_EQ(number_of(expect_verified(), "accepted"), acknowledged);
    server().kill_now();
    start(small_);
    EXPECT_EQ(number_of(expect_verified(), "accepted"), acknowledged);
    EXPECT_EQ(must(client().query_value("SELECT count(*) FROM shop.sales")), std::to_string(acknowledged));
    ASSERT_EQ(stop(), 0);
    EXPECT_TRUE(std::filesystem::exists(data_dir() + "/lake/raw/sales"));
}

TEST_F(JournalBudget, RefusesWith503WhileNothingCanBeSealedAndRecoversByItself) {
    std::filesystem::create_directories(data_dir() + "/lake/raw");
    std::ofstream(data_dir() + "/lake/raw/sales") << "a file where the lake needs a folder";
    start(small_);
    std::int64_t acknowledged = 0;
    std::optional<ClientResponse> refused;
    for (int i = 0; i < 200 && !refused; ++i) {
        ClientResponse answer = must(client().post("/v1/streams/sales/records", body_));
        if (answer.status == 200)
            acknowledged += kRecords;
        else
            refused = std::move(answer);
    }
    ASSERT_TRUE(refused) << "8 MiB took " << acknowledged << " records without an end";
    EXPECT_EQ(refused->status, 503) << refused->body;
    EXPECT_TRUE(refused->find("Retry-After"));
    EXPECT_NE(refused->body.find("budget"), std::string::npos) << refused->body;
    EXPECT_GT(acknowledged, 0);
    EXPECT_EQ(must(client().query_value("SELECT count(*) >= 0 FROM shop.sales")), "true");

    std::filesystem::remove(data_dir() + "/lake/raw/sales");
    std::optional<ClientResponse> answer;
    while (!answer || answer->status == 503) answer = must(client().post("/v1/streams/sales/records", body_));
    EXPECT_EQ(answer->status, 200) << answer->body;
    EXPECT_EQ(number_of(expect_verified(), "accepted"), acknowledged + kRecords);
}

}  // namespace
}  // namespace tillstream
