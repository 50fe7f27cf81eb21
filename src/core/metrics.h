// metrics.h - counters, gauges and histograms in Prometheus' sense; names start with tillstream_, base units.
//
// Lifecycle:  a Metrics owns every instrument it hands out; references stay valid as long as it lives.
// Threads:    any. Labels must be bounded (stream, shard, sink, result; never a customer or product).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tillstream {

class Counter {
public:
    virtual ~Counter() = default;
    virtual void add(double n = 1) = 0;
    virtual double value() const = 0;
};

class Gauge {
public:
    virtual ~Gauge() = default;
    virtual void set(double value) = 0;
    virtual void add(double n) = 0;
    virtual double value() const = 0;
};

class Histogram {
public:
    virtual ~Histogram() = default;
    virtual void observe(double value) = 0;
};

using MetricLabels = std::map<std::string, std::string>;

class Metrics {
public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    /// The same name and labels give the same instrument.
    Counter& counter(const std::string& name, const std::string& help, const MetricLabels& labels = {});
    Gauge& gauge(const std::string& name, const std::string& help, const MetricLabels& labels = {});
    Histogram& histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                         const MetricLabels& labels = {});

    /// Prometheus text format 0.0.4.
    std::string expose() const;

private:
    struct Registry;
    std::unique_ptr<Registry> registry_;
};

/// Bucket bounds for latencies in seconds, 50 us to 30 s.
std::vector<double> latency_buckets();

}  // namespace tillstream
