#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "bench/driver/scenarios.h"

namespace tillstream::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kFirstInvoice = 1'000'000'000;
constexpr double kGrowthMax = 1.10;
constexpr std::chrono::milliseconds kLookInterval{250};
constexpr std::chrono::seconds kLevelLimit{300};

/// Every cache that has a limit gets one that the first quarter of the records fills, so that what still
/// grows behind it is not a cache.
const std::vector<std::string> kSmallCaches = {
    "--log.tail_bytes",          "32MiB", "--tables.memory_bytes",    "32MiB",
    "--tables.dirty_bytes",      "16MiB", "--warehouse.memory_bytes", "128MiB",
    "--http.answer_cache_bytes", "4MiB"};

/// At a rate that every sink keeps level with: the same work all the time.
struct Plan {
    std::uint64_t records = 12'000'000;
    double per_second = 60'000;
    double seconds() const { return static_cast<double>(records) / per_second; }
};

struct Sample {
    std::uint64_t records = 0;  ///< that every sink has
    std::uint64_t resident_kib = 0;
};

Result<Sample> look(Arm& product) {
    const Json status = TILLSTREAM_TRY(product.get("/v1/streams/sales"));
    std::uint64_t durable = 0;
    for (const Json& shard : status.value("shards", Json::array()))
        durable += shard.value("next", std::uint64_t{0});
    const std::uint64_t lag = TILLSTREAM_TRY(product.lag());
    return Sample{durable - std::min(durable, lag), product.memory_kib("VmRSS")};
}

Result<std::vector<Sample>> sample_while_sending(const Settings& given, Arm& product, const Plan& plan,
                                                 StoredFigures& stored) {
    Settings settings = given;
    settings.warmup = 0;
    settings.seconds = plan.seconds();
    const double posts = plan.per_second / static_cast<double>(kRecordsPerPost);
    auto load = TILLSTREAM_TRY(start_load(
        settings, product,
        {"--records", fmt::to_string(kRecordsPerPost), "--connections", "16", "--timeout", "60", "--evenly",
         "--rate", fmt::to_string(posts), "--first-invoice", fmt::to_string(kFirstInvoice)}));
    std::vector<Sample> samples = {TILLSTREAM_TRY(look(product))};
    const auto until = Clock::now() + std::chrono::duration<double>(plan.seconds());
    while (Clock::now() < until && !interrupted()) {
        samples.push_back(TILLSTREAM_TRY(look(product)));
        std::this_thread::sleep_for(kLookInterval);
    }
    stored = TILLSTREAM_TRY(finish_posting(load));
    // On a machine too slow for the rate the sinks are behind by now.
    const auto give_up = Clock::now() + kLevelLimit;
    while (samples.back().records < stored.rows && Clock::now() < give_up && !interrupted()) {
        samples.push_back(TILLSTREAM_TRY(look(product)));
        std::this_thread::sleep_for(kLookInterval);
    }
    return samples;
}

/// What was resident while the sinks went through that quarter of the records, 1 to 4.
std::vector<double> mebibytes_in_quarter(const std::vector<Sample>& samples, const Plan& plan,
                                         std::uint64_t quarter) {
    std::vector<double> resident;
    for (const Sample& sample : samples) {
        const bool inside =
            sample.records * 4 > (quarter - 1) * plan.records && sample.records * 4 <= quarter * plan.records;
        if (inside) resident.push_back(static_cast<double>(sample.resident_kib) / 1024);
    }
    return resident;
}

/// Bytes a record, behind the first quarter.
double growth_of(const std::vector<Sample>& samples, const Plan& plan) {
    std::vector<Point> points;
    for (const Sample& sample : samples) {
        if (sample.records * 4 > plan.records)
            points.push_back(
                {static_cast<double>(sample.records), static_cast<double>(sample.resident_kib) * 1024});
    }
    return slope_of(points);
}

/// Medians are compared: a checkpoint takes much for a moment, at one time or another.
void describe(const std::vector<Sample>& samples, const Plan& plan, Figure& figure) {
    figure.details["samples"] = Json::array();
    for (const Sample& sample : samples) {
        figure.details["samples"].push_back(
            {{"records", sample.records}, {"resident_kib", sample.resident_kib}});
    }
    std::array<double, 4> medians{};
    std::array<double, 4> most{};
    for (std::size_t i = 0; i < medians.size(); ++i) {
        const std::vector<double> resident = mebibytes_in_quarter(samples, plan, i + 1);
        medians[i] = median_of(resident);
        for (const double mebibytes : resident) most[i] = std::max(most[i], mebibytes);
    }
    figure.note = fmt::format(
        "quarter by quarter {:.0f}, {:.0f}, {:.0f}, {:.0f} MiB, at most {:.0f}, {:.0f}, {:.0f}, {:.0f} MiB; "
        "{:.1f} bytes a record",
        medians[0], medians[1], medians[2], medians[3], most[0], most[1], most[2], most[3],
        growth_of(samples, plan));
    if (medians[1] == 0 || medians[3] == 0) return;
    figure.first_value = medians[3];
    figure.second_value = medians[1];
    figure.median = figure.min = figure.max = medians[3] / medians[1];
    figure.kept = 1;
}

Status measure(const Settings& settings, const Plan& plan, Figure& figure) {
    Arm product = TILLSTREAM_TRY(Arm::start(ArmKind::product, settings, kSmallCaches));
    StoredFigures stored;
    const auto samples = TILLSTREAM_TRY(sample_while_sending(settings, product, plan, stored));
    TILLSTREAM_CHECK(product.wait_until_level(kLevelLimit));
    describe(samples, plan, figure);
    return product.check_figures(stored);
}

}  // namespace

Figure measure_memory(const Settings& settings) {
    Figure figure;
    figure.arms = "tillstream, last quarter / second quarter";
    figure.unit = "MiB resident";
    figure.floor = kGrowthMax;
    figure.smaller_is_better = true;
    Plan plan;
    if (settings.smoke) plan = {20'000, 20'000};
    const Status measured = measure(settings, plan, figure);
    if (!measured) {
        make_void(figure, measured.error().message);
    } else if (!settings.smoke) {
        figure.verdict = figure.kept > 0 && figure.median <= kGrowthMax ? Verdict::reached : Verdict::missed;
    }
    return figure;
}

}  // namespace tillstream::bench
