#include "producer/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "producer/random.h"

namespace tillstream {
namespace {

TEST(LatencyHistogram, EmptyIsZero) {
    const LatencyHistogram histogram;
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.quantile(0.5), 0U);
    EXPECT_EQ(histogram.max(), 0U);
}

TEST(LatencyHistogram, SmallValuesAreExact) {
    LatencyHistogram histogram;
    for (std::uint64_t v = 1; v <= 100; ++v) histogram.record(v);
    EXPECT_EQ(histogram.quantile(0.5), 50U);
    EXPECT_EQ(histogram.quantile(0.99), 99U);
    EXPECT_EQ(histogram.quantile(1), 100U);
    EXPECT_EQ(histogram.quantile(0), 1U);
}

TEST(LatencyHistogram, EveryQuantileIsWithinOnePercent) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        SCOPED_TRACE(seed);
        Random random(seed);
        LatencyHistogram histogram;
        std::vector<std::uint64_t> values;
        for (int i = 0; i < 20'000; ++i) {
            values.push_back(random.next() >> (30 + random.below(34)));
            histogram.record(values.back());
        }
        std::sort(values.begin(), values.end());
        for (const double share : {0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
            const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size())) - 1;
            const auto exact = static_cast<double>(values[rank]);
            const auto found = static_cast<double>(histogram.quantile(share));
            EXPECT_GE(found, exact);
            EXPECT_LE(found, exact * 1.01 + 1);
        }
    }
}

TEST(LatencyHistogram, MergingAddsUp) {
    LatencyHistogram a, b;
    a.record(10, 3);
    b.record(1'000'000, 1);
    a.merge(b);
    EXPECT_EQ(a.count(), 4U);
    EXPECT_EQ(a.quantile(0.75), 10U);
    EXPECT_EQ(a.max(), 1'000'000U);
    EXPECT_EQ(a.quantile(1), 1'000'000U);
}

TEST(LatencyHistogram, HoursAreKept) {
    LatencyHistogram histogram;
    histogram.record(~std::uint64_t{0});
    EXPECT_EQ(histogram.count(), 1U);
    EXPECT_GT(histogram.quantile(0.5), std::uint64_t{4} * 3'600 * 1'000'000);
}

}  // namespace
}  // namespace tillstream
