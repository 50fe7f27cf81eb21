#include <fmt/format.h>

#include <cstdio>
#include <thread>

#include "bench/driver/scenarios.h"

namespace tillstream::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kFirstInvoice = 1'000'000'000;
constexpr double kFlatGrowthMax = 1.10;
constexpr std::chrono::milliseconds kLookInterval{20};
constexpr std::chrono::seconds kSendLimit{240};
constexpr std::chrono::seconds kLevelLimit{300};

/// Sampled every 25th of the records; growth counts from the first fifth on, when caches are full.
struct Plan {
    std::uint64_t records = 5'000'000;
    std::uint64_t step() const { return records / 25; }
    std::uint64_t base() const { return records / 5; }
};

struct Sample {
    std::uint64_t records = 0;
    std::uint64_t resident_kib = 0;
    std::uint64_t peak_kib = 0;
};

Sample look(const Arm& product, std::uint64_t records) {
    return {records, product.memory_kib("VmRSS"), product.memory_kib("VmHWM")};
}

Result<std::uint64_t> stored_records(Arm& product) {
    const Json status = TILLSTREAM_TRY(product.get("/v1/streams/sales"));
    std::uint64_t records = 0;
    for (const Json& shard : status.value("shards", Json::array()))
        records += shard.value("next", std::uint64_t{0});
    return records;
}

Result<std::vector<Sample>> sample_while_sending(const Settings& settings, Arm& product, const Plan& plan,
                                                 StoredFigures& stored) {
    auto load = TILLSTREAM_TRY(start_filling(settings, product, plan.records, kFirstInvoice));
    std::vector<Sample> samples;
    std::uint64_t next = plan.step();
    const auto until = Clock::now() + kSendLimit;
    while (next <= plan.records && Clock::now() < until && !interrupted()) {
        const std::uint64_t records = TILLSTREAM_TRY(stored_records(product));
        if (records >= next) {
            samples.push_back(look(product, records));
            next = (records / plan.step() + 1) * plan.step();
        }
        std::this_thread::sleep_for(kLookInterval);
    }
    stored = TILLSTREAM_TRY(finish_posting(load));
    return samples;
}

double mebibytes(std::uint64_t kib) { return static_cast<double>(kib) / 1024; }

void describe(const std::vector<Sample>& samples, const Plan& plan, const Sample& level, Figure& figure) {
    figure.details["samples"] = Json::array();
    const Sample* base = nullptr;
    for (const Sample& sample : samples) {
        figure.details["samples"].push_back({{"records", sample.records},
                                             {"resident_kib", sample.resident_kib},
                                             {"peak_kib", sample.peak_kib}});
        if (base == nullptr && sample.records >= plan.base()) base = &sample;
    }
    figure.details["level"] = {{"resident_kib", level.resident_kib}, {"peak_kib", level.peak_kib}};
    if (base == nullptr) return;
    figure.first_value = mebibytes(samples.back().resident_kib);
    figure.second_value = mebibytes(base->resident_kib);
    figure.median = figure.min = figure.max = figure.first_value / figure.second_value;
    figure.kept = 1;
    figure.note = fmt::format("{}, at most {:.2f} is flat; peak {:.0f} MiB; {:.0f} MiB once level",
                              figure.median <= kFlatGrowthMax ? "flat" : "growing", kFlatGrowthMax,
                              mebibytes(level.peak_kib), mebibytes(level.resident_kib));
}

Status measure(const Settings& settings, const Plan& plan, Figure& figure) {
    Arm product = TILLSTREAM_TRY(Arm::start(ArmKind::product, settings));
    StoredFigures stored;
    const auto samples = TILLSTREAM_TRY(sample_while_sending(settings, product, plan, stored));
    TILLSTREAM_CHECK(product.wait_until_level(kLevelLimit));
    const Sample level = look(product, stored.rows);  // before verify, which takes memory of its own
    describe(samples, plan, level, figure);
    return product.check_figures(stored);
}

}  // namespace

Figure measure_memory(const Settings& settings) {
    Figure figure;
    const Plan plan{settings.smoke ? 50'000ULL : 5'000'000ULL};
    figure.arms = fmt::format("tillstream after {} / after {} records", plan.records, plan.base());
    figure.unit = "MiB resident";
    if (const Status measured = measure(settings, plan, figure); !measured)
        make_void(figure, measured.error().message);
    return figure;
}

}  // namespace tillstream::bench
