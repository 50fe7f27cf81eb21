#include "access/quota.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace tillstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(QuotaTest, ASecondsWorthIsThereAtOnceAndComesBackSteadily) {
    QuotaMeter meter({.records_per_second = 100});
    EXPECT_FALSE(meter.charge(60, 0, seconds(5)));
    EXPECT_FALSE(meter.charge(40, 0, seconds(5)));
    EXPECT_EQ(meter.charge(1, 0, seconds(5)), 1);
    EXPECT_EQ(meter.charge(50, 0, seconds(5) + milliseconds(499)), 1);
    EXPECT_FALSE(meter.charge(50, 0, seconds(5) + milliseconds(500)));
    EXPECT_FALSE(meter.charge(100, 0, seconds(100))) << "no more than one second's worth is saved up";
    EXPECT_TRUE(meter.charge(1, 0, seconds(100)));
}

TEST(QuotaTest, MoreThanASecondsWorthPassesWhenFullAndLeavesADebt) {
    QuotaMeter meter({.records_per_second = 10});
    EXPECT_FALSE(meter.charge(35, 0, seconds(1)));
    EXPECT_EQ(meter.charge(1, 0, seconds(1)), 3) << "25 in debt, and one more";
    EXPECT_EQ(meter.charge(35, 0, seconds(1)), 4) << "the next large one waits until it is full";
    EXPECT_EQ(meter.charge(35, 0, seconds(4)), 1);
    EXPECT_FALSE(meter.charge(35, 0, milliseconds(4500)));
}

TEST(QuotaTest, ARefusedChargeTakesNothingOfEither) {
    QuotaMeter meter({.records_per_second = 10, .bytes_per_second = 1000});
    EXPECT_FALSE(meter.charge(1, 900, seconds(1)));
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(meter.charge(9, 500, seconds(1))) << "bytes are short";
    EXPECT_FALSE(meter.charge(9, 100, seconds(1))) << "no record was taken meanwhile";
    EXPECT_TRUE(meter.charge(1, 1, seconds(1)));
}

TEST(QuotaTest, WithoutAQuotaNothingIsRefused) {
    QuotaMeter none({});
    EXPECT_FALSE(none.charge(~0ULL, ~0ULL, seconds(1)));
    EXPECT_FALSE(none.look(seconds(1)));
    QuotaMeter bytes_only({.bytes_per_second = 10});
    EXPECT_FALSE(bytes_only.charge(1'000'000, 10, seconds(1)));
    EXPECT_TRUE(bytes_only.charge(1, 1, seconds(1)));
}

TEST(QuotaTest, ALookRefusesOnlyWhereNothingCouldPass) {
    QuotaMeter meter({.records_per_second = 2});
    EXPECT_FALSE(meter.look(seconds(1)));
    EXPECT_FALSE(meter.charge(20, 0, seconds(1)));
    EXPECT_EQ(meter.look(seconds(1)), 10);
    EXPECT_EQ(meter.look(seconds(10)), 1);
    EXPECT_FALSE(meter.look(seconds(11)));
}

TEST(QuotaTest, HugeDebtsGiveAWaitThatFitsAnInt) {
    QuotaMeter meter({.records_per_second = 1});
    EXPECT_FALSE(meter.charge(Quota::kMax, 0, seconds(1)));
    EXPECT_GT(*meter.charge(1, 0, seconds(1)), 1'000'000);
}

/// Whatever comes when, no window lets more through than it may: its length times the rate, one burst and,
/// for a large request, its own size.
TEST(QuotaTest, NoRunOfRequestsPassesTheRate) {
    const auto seed = std::random_device{}();
    std::printf("seed %u\n", seed);
    std::mt19937 random(seed);
    constexpr std::uint64_t kRate = 1000;
    constexpr std::uint64_t kLargest = 5000;
    QuotaMeter meter({.records_per_second = kRate});
    std::chrono::nanoseconds now = seconds(1);
    std::uint64_t passed = 0;
    for (int i = 0; i < 20'000; ++i) {
        now += std::chrono::microseconds(random() % 20'000);
        const std::uint64_t size = random() % 10 == 0 ? random() % kLargest : random() % 50;
        if (!meter.charge(size, 0, now)) passed += size;
        const double most =
            std::chrono::duration<double>(now - seconds(1)).count() * kRate + kRate + kLargest;
        ASSERT_LE(static_cast<double>(passed), most) << "at step " << i;
    }
    EXPECT_GT(passed, 20'000U);
}

TEST(QuotaTest, ThreadsTogetherGetNoMoreThanOne) {
    QuotaMeter meter({.records_per_second = 1000});
    std::atomic<int> passed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 1000; ++n)
                if (!meter.charge(1, 0, seconds(1))) ++passed;
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(passed, 1000);
}

}  // namespace
}  // namespace tillstream
