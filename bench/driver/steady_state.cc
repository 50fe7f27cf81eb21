#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "bench/driver/scenarios.h"

namespace tillstream::bench {

namespace {

constexpr double kGoal = 100'000;  // records/s
constexpr double kFirstRate = 50'000;
constexpr double kRateMax = 4'000'000;
constexpr double kStep = 1.6;
constexpr int kBisections = 2;
constexpr double kSecondsMin = 10;
constexpr double kGrowthMax = 0.01;  // of the offered records
constexpr double kShortfallMax = 0.02;
constexpr std::chrono::milliseconds kSampleInterval{250};

struct Attempt {
    double offered = 0;
    double reached = 0;
    double growth = 0;
    bool level = false;
    ArmRun run;
};

Result<std::vector<Point>> sample_lag(Arm& arm, double warmup, double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    std::vector<Point> samples;
    for (;;) {
        const std::chrono::duration<double> passed = Clock::now() - start;
        if (passed.count() >= warmup + seconds) return samples;
        const std::uint64_t lag = TILLSTREAM_TRY(arm.lag());
        if (passed.count() >= warmup) samples.push_back({passed.count(), static_cast<double>(lag)});
        std::this_thread::sleep_for(kSampleInterval);
    }
}

bool has_unknown_outcome(const Json& load) {
    return load.value("errors", Json::object()).value("unknown", std::uint64_t{0}) > 0;
}

Status offer(const Settings& settings, Attempt& attempt, ArmRun& run) {
    Arm arm = TILLSTREAM_TRY(Arm::start(ArmKind::product, settings));
    const double cpu_start = arm.cpu_seconds();
    const double posts = attempt.offered / kRecordsPerPost;
    auto load = TILLSTREAM_TRY(start_load(settings, arm,
                                          {"--records", fmt::to_string(kRecordsPerPost), "--connections",
                                           "32", "--timeout", "60", "--rate", fmt::to_string(posts)}));
    const auto samples = TILLSTREAM_TRY(sample_lag(arm, settings.warmup, settings.seconds));
    run.load = TILLSTREAM_TRY(finish_load(load));
    run.ack_cpu_us = arm.cpu_seconds() - cpu_start;
    // Refusals are how a server says that the rate is too high; a missing answer leaves the sums unknown.
    const bool all_taken = !find_failed_requests(run.load);
    if (has_unknown_outcome(run.load)) return failure(Errc::invalid_argument, "answers are missing");
    TILLSTREAM_CHECK(arm.wait_until_level(std::chrono::seconds(300)));
    run.level_cpu_us = arm.cpu_seconds() - cpu_start;
    const StoredFigures expected = figures_from(run.load.value("acknowledged", Json::object()));
    TILLSTREAM_CHECK(arm.check_figures(expected));
    const double per_record = 1e6 / static_cast<double>(std::max<std::uint64_t>(expected.rows, 1));
    run.ack_cpu_us *= per_record;
    run.level_cpu_us *= per_record;
    attempt.reached = run.load.value("records_per_second", 0.0);
    attempt.growth = slope_of(samples);
    attempt.level = all_taken && attempt.growth <= kGrowthMax * attempt.offered &&
                    attempt.reached >= (1 - kShortfallMax) * attempt.offered;
    return {};
}

Attempt try_rate(const Settings& settings, double rate) {
    Attempt attempt;
    attempt.offered = rate;
    attempt.run = observe(settings, "tillstream", [&](ArmRun& run) { return offer(settings, attempt, run); });
    std::fprintf(stderr, "  %.0f records/s offered: %.0f taken, lag grows by %.0f/s: %s%s\n", rate,
                 attempt.reached, attempt.growth, attempt.level ? "level" : "not level",
                 attempt.run.problem.c_str());
    return attempt;
}

/// Upwards in steps until a rate is too high, then between the last two.
std::vector<Attempt> search(const Settings& settings) {
    std::vector<Attempt> attempts;
    double good = 0;
    double bad = 0;
    int halvings = 0;
    for (double rate = kFirstRate; rate <= kRateMax && !interrupted();) {
        attempts.push_back(try_rate(settings, rate));
        const Attempt& last = attempts.back();
        if (!last.run.problem.empty() || settings.smoke) break;
        (last.level ? good : bad) = rate;
        if (bad > 0 && halvings++ == kBisections) break;
        if (bad == 0)
            rate *= kStep;
        else
            rate = good > 0 ? (good + bad) / 2 : bad / 2;
    }
    return attempts;
}

}  // namespace

Figure measure_steady_state(const Settings& given) {
    Settings settings = given;
    if (!settings.smoke) settings.seconds = std::max(settings.seconds, kSecondsMin);
    Figure figure;
    figure.arms = "tillstream";
    figure.unit = "records/s";
    figure.details["attempts"] = Json::array();
    for (const Attempt& attempt : search(settings)) {
        figure.details["attempts"].push_back({{"offered", attempt.offered},
                                              {"reached", attempt.reached},
                                              {"lag_growth", attempt.growth},
                                              {"level", attempt.level},
                                              {"probe_before_us", attempt.run.probe_before_us},
                                              {"probe_after_us", attempt.run.probe_after_us},
                                              {"load_average", attempt.run.load_average},
                                              {"steal", attempt.run.steal}});
        if (!attempt.run.problem.empty()) {
            figure.unequal = true;
            figure.note = attempt.run.problem;
        }
        if (!attempt.level || attempt.offered < figure.first_value) continue;
        figure.first_value = attempt.offered;
        figure.ack_cpu_us = attempt.run.ack_cpu_us;
        figure.level_cpu_us = attempt.run.level_cpu_us;
    }
    figure.kept = figure.first_value > 0 ? 1 : 0;
    if (figure.unequal)
        figure.verdict = Verdict::void_figure;
    else if (settings.smoke)
        figure.verdict = Verdict::reported;
    else
        figure.verdict = figure.first_value >= kGoal ? Verdict::reached : Verdict::missed;
    if (figure.note.empty()) figure.note = fmt::format("goal {:.0f}/s", kGoal);
    return figure;
}

}  // namespace tillstream::bench
