#include <gtest/gtest.h>

#include "core/env.h"

namespace tillstream {
namespace {

TEST(ManualClock, MovesOnlyWhenTold) {
    ManualClock clock({1'000'000});
    EXPECT_EQ(clock.now(), Timestamp{1'000'000});
    const auto before = clock.steady();
    clock.advance(std::chrono::microseconds(5));
    EXPECT_EQ(clock.now(), Timestamp{1'000'005});
    EXPECT_EQ(clock.steady() - before, std::chrono::nanoseconds(5'000));
}

TEST(SystemClock, IsInThisCenturyAndNeverStepsBack) {
    EXPECT_GT(system_clock().now(), to_timestamp({2020, 1, 1, 0, 0, 0, 0}));
    const auto first = system_clock().steady();
    EXPECT_GE(system_clock().steady(), first);
}

}  // namespace
}  // namespace tillstream
