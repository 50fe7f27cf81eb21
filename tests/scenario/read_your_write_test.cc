// A writer reads what it wrote: a query with the answer's position sees the record, at once and each time.
#include <fmt/format.h>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

class ReadYourWrite : public Scenario {
protected:
    std::int64_t count_after(const std::string& position, const std::string& sql) {
        const json::Value answer =
            must(client().post_json("/v1/query?after=" + position, fmt::format(R"({{"sql":"{}"}})", sql)));
        return answer.find("rows")->items.at(0).items.at(0).as_int64().value_or(-1);
    }
};

TEST_F(ReadYourWrite, HoldsFor200Writes) {
    start();
    for (int i = 0; i < 200; ++i) {
        const std::string position = text_of(post(made_up_sales(i, 1)), "position");
        ASSERT_EQ(
            count_after(position, fmt::format("SELECT count(*) FROM shop.sales WHERE invoice_no = '{}'", i)),
            1)
            << "write " << i;
    }
}

TEST_F(ReadYourWrite, HoldsForQuarantinedRecordsToo) {
    start();
    for (int i = 0; i < 50; ++i) {
        const std::string position = text_of(post(made_up_sales(i, 1, 1)), "position");
        ASSERT_EQ(count_after(position, "SELECT count(*) FROM ops.quarantine"), i + 1) << "write " << i;
    }
}

TEST_F(ReadYourWrite, APositionNotReachedInTimeIsA503) {
    start();
    must(client().pause("warehouse"));
    const std::string position = text_of(post(made_up_sales(1, 1)), "position");
    const ClientResponse answer = must(client().post("/v1/query?after=" + position, R"({"sql":"SELECT 1"})"));
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.find("Retry-After"));
}

}  // namespace
}  // namespace tillstream
