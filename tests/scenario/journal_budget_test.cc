// The journal at its budget: new records are refused with 503, everything else goes on, and nothing
// acknowledged is lost.
#include "tests/scenario/scenario.h"

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

}  // namespace
}  // namespace tillstream
