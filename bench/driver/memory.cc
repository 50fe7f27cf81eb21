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
    "--log.tail_bytes",          "32MiB", "--tables.memory_bytes",    "64MiB",
    "--tables.dirty_bytes",      "16MiB", "--warehouse.memory_bytes", "256MiB",
    "--http.answer_cache_bytes", "4MiB"};

/// At a rate that every sink keeps level with: the same work all the time.
struct Plan {
    std::uint64_t records = 8'000'000;
    double per_second = 80'000;
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
    std::vector<Sample> samples;
    const auto until = Clock::now() + std::chrono::duration<double>(plan.seconds());
    while (Clock::now() < until && !interrupted()) {
        samples.push_back(TILLSTREAM_TRY(look(product)));
        std::this_thread::sleep_for(kLookInterval);
    }
    stored = TILLSTREAM_TRY(finish_posting(load));
    return samples;
}

/// The most that was resident while the sinks went through that quarter of the records, 1 to 4.
double most_in_quarter(const std::vector<Sample>& samples, const Plan& plan, std::uint64_t quarter) {
    std::uint64_t most = 0;
    for (const Sample& sample : samples) {
        const bool inside =
            sample.records * 4 > (quarter - 1) * plan.records && sample.records * 4 <= quarter * plan.records;
        if (inside) most = std::max(most, sample.resident_kib);
    }
    return static_cast<double>(most) / 1024;
}

void describe(const std::vector<Sample>& samples, const Plan& plan, std::uint64_t peak_kib, Figure& figure) {
    figure.details["samples"] = Json::array();
    for (const Sample& sample : samples) {
        figure.details["samples"].push_back(
            {{"records", sample.records}, {"resident_kib", sample.resident_kib}});
    }
    std::array<double, 4> most{};
    for (std::uint64_t quarter = 1; quarter <= most.size(); ++quarter)
        most[quarter - 1] = most_in_quarter(samples, plan, quarter);
    figure.first_value = most[3];
    figure.second_value = most[1];
    if (most[1] == 0) return;
    figure.median = figure.min = figure.max = most[3] / most[1];
    figure.kept = 1;
    figure.note = fmt::format("the most in each quarter {:.0f}, {:.0f}, {:.0f}, {:.0f} MiB; peak {:.0f} MiB",
                              most[0], most[1], most[2], most[3], static_cast<double>(peak_kib) / 1024);
}

Status measure(const Settings& settings, const Plan& plan, Figure& figure) {
    Arm product = TILLSTREAM_TRY(Arm::start(ArmKind::product, settings, kSmallCaches));
    StoredFigures stored;
    const auto samples = TILLSTREAM_TRY(sample_while_sending(settings, product, plan, stored));
    TILLSTREAM_CHECK(product.wait_until_level(kLevelLimit));
    // Before verify, which takes memory of its own.
    describe(samples, plan, product.memory_kib("VmHWM"), figure);
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
