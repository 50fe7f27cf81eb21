#include "core/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace tillstream {

namespace {

class PrometheusCounter final : public Counter {
public:
    explicit PrometheusCounter(prometheus::Counter& counter) : counter_(counter) {}
    void add(double n) override { counter_.Increment(n); }
    double value() const override { return counter_.Value(); }

private:
    prometheus::Counter& counter_;
};

class PrometheusGauge final : public Gauge {
public:
    explicit PrometheusGauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
    void set(double value) override { gauge_.Set(value); }
    void add(double n) override { gauge_.Increment(n); }
    double value() const override { return gauge_.Value(); }

private:
    prometheus::Gauge& gauge_;
};

class PrometheusHistogram final : public Histogram {
public:
    explicit PrometheusHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}
    void observe(double value) override { histogram_.Observe(value); }

private:
    prometheus::Histogram& histogram_;
};

/// The one instrument in front of `theirs`: the library hands out the same object for the same name and
/// labels.
template <class Ours, class Face, class Theirs>
Face& face_of(std::map<const Theirs*, std::unique_ptr<Face>>& faces, Theirs& theirs) {
    std::unique_ptr<Face>& face = faces[&theirs];
    if (!face) face = std::make_unique<Ours>(theirs);
    return *face;
}

}  // namespace

struct Metrics::Registry {
    prometheus::Registry registry;
    std::mutex mutex;
    std::map<const prometheus::Counter*, std::unique_ptr<Counter>> counters;
    std::map<const prometheus::Gauge*, std::unique_ptr<Gauge>> gauges;
    std::map<const prometheus::Histogram*, std::unique_ptr<Histogram>> histograms;
};

Metrics::Metrics() : registry_(std::make_unique<Registry>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const MetricLabels& labels) {
    const std::lock_guard lock(registry_->mutex);
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(registry_->registry);
    return face_of<PrometheusCounter>(registry_->counters, family.Add(labels));
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
    const std::lock_guard lock(registry_->mutex);
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(registry_->registry);
    return face_of<PrometheusGauge>(registry_->gauges, family.Add(labels));
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              const std::vector<double>& bounds, const MetricLabels& labels) {
    const std::lock_guard lock(registry_->mutex);
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(registry_->registry);
    return face_of<PrometheusHistogram>(registry_->histograms, family.Add(labels, bounds));
}

std::string Metrics::expose() const {
    return prometheus::TextSerializer().Serialize(registry_->registry.Collect());
}

std::vector<double> latency_buckets() {
    return {50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3,
            50e-3, 100e-3, 250e-3, 500e-3, 1,    2.5,    5,    10,    30};
}

}  // namespace tillstream
