#include "producer/simulation_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace tillstream {
namespace {

using testing::HasSubstr;

TEST(SimulationOptions, SharesAreReadAsPercentOrFraction) {
    EXPECT_EQ(*parse_share("2%"), 0.02);
    EXPECT_EQ(*parse_share("0.5%"), 0.005);
    EXPECT_EQ(*parse_share("0.02"), 0.02);
    EXPECT_EQ(*parse_share("0"), 0);
    EXPECT_EQ(*parse_share("100%"), 1);
    EXPECT_EQ(*parse_share("1"), 1);
}

TEST(SimulationOptions, OtherSharesAreRefused) {
    for (const std::string text : {"", "%", "-1%", "101%", "1.5", "5", "two", "2 %", " 2%", "2%%", "1e-2",
                                   "nan", "inf", "0x1", "+1%"}) {
        const auto share = parse_share(text);
        ASSERT_FALSE(share) << text;
        EXPECT_EQ(share.error().code, Errc::invalid_argument);
        EXPECT_THAT(share.error().message, HasSubstr("'" + text + "' is no share; write 2% or 0.02"));
    }
    const auto long_one = parse_share(std::string(1'000'000, '9'));
    ASSERT_FALSE(long_one);
    EXPECT_LT(long_one.error().message.size(), 100U);
}

TEST(SimulationOptions, RefusesImpossibleShops) {
    EXPECT_TRUE(check_options({}));
    EXPECT_TRUE(check_options({.rows = 10'000'000}));
    EXPECT_TRUE(check_options({.rows = 0, .stores = 1, .days = 1, .quirks = QuirkSet::none()}));
    for (const SimulationOptions& bad :
         {SimulationOptions{.stores = 0}, SimulationOptions{.stores = 10'001},
          SimulationOptions{.products = 0}, SimulationOptions{.products = 1'000'001},
          SimulationOptions{.rows = 1'000'000'001, .stores = 100}, SimulationOptions{.rows = 1'000'000'000},
          SimulationOptions{.days = 36'526}, SimulationOptions{.first_day = -1},
          SimulationOptions{.first_day = 100'000}, SimulationOptions{.late_share = -0.1},
          SimulationOptions{.repeat_share = 1.1}, SimulationOptions{.corrupt_share = 1.5},
          SimulationOptions{.corrupt_share = std::numeric_limits<double>::quiet_NaN()}}) {
        const Status status = check_options(bad);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, Errc::invalid_argument);
    }
}

}  // namespace
}  // namespace tillstream
