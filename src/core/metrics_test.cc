#include "core/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tillstream {
namespace {

using testing::HasSubstr;

TEST(Metrics, GiveTheSameInstrumentForTheSameNameAndLabels) {
    Metrics metrics;
    Counter& sales = metrics.counter("tillstream_records_total", "records", {{"stream", "sales"}});
    Counter& orders = metrics.counter("tillstream_records_total", "records", {{"stream", "orders"}});
    EXPECT_EQ(&sales, &metrics.counter("tillstream_records_total", "records", {{"stream", "sales"}}));
    EXPECT_NE(&sales, &orders);
    sales.add(2);
    sales.add();
    EXPECT_EQ(sales.value(), 3);
    EXPECT_EQ(orders.value(), 0);
}

TEST(Metrics, AreExposedAsPrometheusText) {
    Metrics metrics;
    metrics.counter("tillstream_records_total", "records seen", {{"stream", "sa\"les"}}).add(3);
    Gauge& lag = metrics.gauge("tillstream_lag_seconds", "lag");
    lag.set(2);
    lag.add(-0.5);
    EXPECT_EQ(lag.value(), 1.5);
    Histogram& latency = metrics.histogram("tillstream_latency_seconds", "latency", {0.1, 1});
    latency.observe(0.5);
    latency.observe(7);

    const std::string text = metrics.expose();
    EXPECT_THAT(text, HasSubstr("# HELP tillstream_records_total records seen\n"
                                "# TYPE tillstream_records_total counter\n"
                                "tillstream_records_total{stream=\"sa\\\"les\"} 3"));
    EXPECT_THAT(text, HasSubstr("tillstream_lag_seconds 1.5"));
    EXPECT_THAT(text, HasSubstr("tillstream_latency_seconds_bucket{le=\"0.1\"} 0"));
    EXPECT_THAT(text, HasSubstr("tillstream_latency_seconds_bucket{le=\"1\"} 1"));
    EXPECT_THAT(text, HasSubstr("tillstream_latency_seconds_bucket{le=\"+Inf\"} 2"));
}

TEST(LatencyBuckets, RiseFromFiftyMicrosecondsToThirtySeconds) {
    const std::vector<double> bounds = latency_buckets();
    EXPECT_EQ(bounds.front(), 50e-6);
    EXPECT_EQ(bounds.back(), 30);
    EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end()));
}

}  // namespace
}  // namespace tillstream
